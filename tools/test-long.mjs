// What takes too long for `npm test`: all that is simulated, all real faults, floods of deliveries, and a siege by a hostile change. One after
// the other, each whether or not the one before passed; ends with the line `N passed, N failed` alone. Runs on the Node that the bootstrap chose.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const simulate = join(root, 'test', 'simulator', 'main.ts');
const parts = [
  { title: '10,000 lifecycles', args: [simulate, '--seed', '1', '--changes', '10000'] },
  { title: 'mutants of the core', args: [simulate, '--mutants'] },
  { title: 'real faults', args: [join(root, 'tools', 'gate.mjs'), 'faults'] },
  { title: 'ten minutes of deformed deliveries', args: [join(root, 'test', 'webhook', 'fuzz.ts'), '600'] },
  { title: '500 deliveries a second', args: [join(root, 'bench', 'bench.ts'), '--only', 'delivery-load'] },
  { title: 'attacks', args: [join(root, 'tools', 'gate.mjs'), 'attacks'] },
];

function run({ title, args }) {
  process.stdout.write(`\n== ${title}\n`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

let failed = 0;
for (const part of parts) if (!(await run(part))) failed += 1;
process.stdout.write(`\n${parts.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
