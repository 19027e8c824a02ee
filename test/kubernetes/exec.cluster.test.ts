import { createHash, randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execInPod } from '../../src/kubernetes/exec.ts';
import type { Kubernetes } from '../../src/kubernetes/kubernetes.ts';
import { connectTestCluster, kubeconfigPath, makeNamespace, nodeImage, startPod } from './development-cluster.ts';

const never = new AbortController().signal;

describe.runIf(kubeconfigPath)('a command in a pod', { timeout: 120_000 }, () => {
  let kubernetes: Kubernetes;
  let namespace: { name: string; remove: () => Promise<void> };
  const target = (command: string[]) => ({ namespace: namespace.name, pod: 'target', container: 'main', command });

  beforeAll(async () => {
    kubernetes = connectTestCluster();
    namespace = await makeNamespace(kubernetes, 'suites-exec');
    await startPod(kubernetes, namespace.name, 'target', {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: await nodeImage(),
          command: ['node', '-e', 'setInterval(() => {}, 1e6)'],
          resources: { limits: { memory: '160Mi' } },
        },
      ],
    });
  }, 300_000);

  afterAll(() => namespace?.remove());

  test('gives its exit code, output and error output', async () => {
    const code = 'console.log("out"); console.error("err"); process.exit(7)';

    const result = await execInPod(kubernetes, { ...target(['node', '-e', code]), signal: never });

    expect(result).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('reads 20 MB from stdin and gives them back byte for byte, both ways with back-pressure', async () => {
    const content = randomBytes(20 * 1024 * 1024);
    const hash = createHash('sha256');
    const echo = new PassThrough();
    echo.on('data', (chunk: Buffer) => hash.update(chunk));
    const code = `let n=0;process.stdin.on('data',d=>{n+=d.length;process.stdout.write(d);if(n===${content.length})process.stdin.pause()})`;

    const result = await execInPod(kubernetes, {
      ...target(['node', '-e', code]),
      stdin: content,
      stdout: echo,
      signal: never,
    });

    expect(result.exitCode).toBe(0);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  });

  test('is given up when its signal aborts', async () => {
    const controller = new AbortController();
    const pending = execInPod(kubernetes, {
      ...target(['node', '-e', 'setTimeout(() => {}, 60000)']),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('enough')), 500);

    await expect(pending).rejects.toThrow('enough');
  });

  test('is refused with a hint when the pod does not exist', async () => {
    const pending = execInPod(kubernetes, { ...target(['true']), pod: 'nobody', signal: never });

    await expect(pending).rejects.toMatchObject({ code: 'EXEC_REFUSED', remedy: 'retry' });
  });

  test('is told apart from a result when the program is not there', async () => {
    const pending = execInPod(kubernetes, { ...target(['/no/such/program']), signal: never });

    await expect(pending).rejects.toMatchObject({ code: 'EXEC_LOST' });
  });

  test('is lost, not successful, when its reader breaks', async () => {
    const reader = new PassThrough();
    reader.once('data', () => reader.destroy(new Error('no room')));
    const code = 'const b = Buffer.alloc(1e6); setInterval(() => process.stdout.write(b), 10)';
    const pending = execInPod(kubernetes, { ...target(['node', '-e', code]), stdout: reader, signal: never });

    await expect(pending).rejects.toThrow('no room');
  });

  test('is killed or lost, never successful, when the pod is deleted midway', async () => {
    const code = 'let i = 0; setInterval(() => console.log(i++), 10)';
    const reader = new PassThrough().resume();
    const pending = execInPod(kubernetes, { ...target(['node', '-e', code]), stdout: reader, signal: never });
    reader.once('data', () =>
      kubernetes.core.deleteNamespacedPod({ namespace: namespace.name, name: 'target', gracePeriodSeconds: 1 }),
    );

    const outcome = await pending.then(
      (result) => result.exitCode,
      (error: { code: string }) => error.code,
    );

    expect([137, 'EXEC_LOST']).toContain(outcome);
  });
});
