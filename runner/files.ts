/**
 * The sidecar: keeps the pod alive until its files are fetched, and is what Greenroom's `pods/exec` runs.
 *   hold                    the container's own command
 *   put BYTES               a tar of that length from stdin into /work (stdin has no end over some connections)
 *   get                     out/ as a tar on stdout, closed by an entry `.complete`
 *   gate                    waits for one byte on stdin, then writes `go`: opened early, a release costs one message
 *   touch go|cancel|release
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import process, { argv, env, exit, stdin, stdout } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { openWorkFolder, untilMarked, writeWhole } from './work-folder.ts';

const root = env.GREENROOM_WORK ?? '/work';
const never = new AbortController().signal;
const maximumFiles = 5000;
const maximumBytes = 1024 * 1024 * 1024;

/** On SIGTERM the files stay until somebody has fetched them; the kubelet bounds that by the pod's grace. */
async function hold(): Promise<void> {
  openWorkFolder(root);
  const terminated = new Promise<void>((resolve) => process.on('SIGTERM', () => resolve()));
  const alive = setInterval(() => undefined, 60_000);
  await untilMarked(root, 'release', never);
  await terminated;
  clearInterval(alive);
  exit(0);
}

async function put(bytes: number): Promise<void> {
  const reader = extract();
  reader.on('entry', (header, entry, next) => {
    const name = posix.normalize(header.name);
    if (header.type !== 'file' || name.startsWith('/') || name.split('/').includes('..')) {
      reader.destroy(new Error(`refused entry "${header.name}" of type ${header.type}`));
      return;
    }
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    // `task.json` announces that everything is there: it appears last and whole.
    const write = name === 'task.json' ? textOf(entry).then((text) => writeWhole(path, text)) : save(entry, path);
    write.then(
      () => next(),
      (error) => reader.destroy(error),
    );
  });
  const done = new Promise<void>((resolve, reject) => reader.once('finish', resolve).once('error', reject));
  for await (const chunk of take(bytes)) {
    if (!reader.write(chunk))
      await Promise.race([new Promise<void>((resolve) => reader.once('drain', () => resolve())), done]);
  }
  reader.end(undefined);
  await done;
}

function save(entry: AsyncIterable<unknown>, path: string): Promise<void> {
  return pipeline(entry, createWriteStream(path));
}

async function textOf(entry: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function* take(bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  if (left === 0) return;
  for await (const chunk of stdin) {
    const part = (chunk as Buffer).subarray(0, left);
    left -= part.length;
    yield part;
    if (left === 0) return;
  }
  throw new Error(`stdin ended ${left} bytes early`);
}

/** Plain files only: a link in `out/` could name anything. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

async function get(): Promise<void> {
  const outputs = join(root, 'out');
  const archive = pack();
  const sent = pipeline(archive, stdout, { end: false });
  const skipped: string[] = [];
  let files = 0;
  let bytes = 0;
  for (const path of existsSync(outputs) ? filesBelow(outputs) : []) {
    const { size } = statSync(path);
    const name = path.slice(outputs.length + 1);
    if (files >= maximumFiles || bytes + size > maximumBytes) {
      skipped.push(name);
      continue;
    }
    files += 1;
    bytes += size;
    const entry = archive.entry({ name, size });
    // A file that still grows is cut at the size that was announced.
    if (size > 0) await pipeline(createReadStream(path, { end: size - 1 }), entry);
    else entry.end(Buffer.alloc(0));
  }
  archive.entry({ name: '.complete' }, JSON.stringify({ files, bytes, skipped: skipped.slice(0, 100) }));
  archive.finalize();
  await sent;
}

async function gate(): Promise<void> {
  for await (const chunk of stdin) {
    if ((chunk as Buffer).length > 0) return writeWhole(join(root, 'go'), String(Date.now()));
  }
  throw new Error('nobody said go: the connection has ended');
}

function touch(mark: string | undefined): void {
  if (mark !== 'go' && mark !== 'cancel' && mark !== 'release') throw new Error(`unknown mark "${mark}"`);
  writeWhole(join(root, mark), String(Date.now()));
}

const [, , command, argument] = argv;
if (command === 'hold') await hold();
else if (command === 'put') await put(Number(argument));
else if (command === 'get') await get();
else if (command === 'gate') await gate();
else if (command === 'touch') touch(argument);
else throw new Error(`unknown command "${command}"`);
// stdin of an exec session stays open for ever.
stdin.destroy();
