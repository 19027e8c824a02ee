import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryAccess } from '../../src/image/registry-access.ts';

export interface TestRegistry {
  access: RegistryAccess;
  folder: string;
  stop: () => Promise<void>;
}

/** bcrypt of "open sesame". */
const htpasswd = 'greenroom:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n';

/** Debian's docker-registry on loopback: plain HTTP, or TLS by a private CA with the password of `secureUser`. */
export async function startRegistry(kind: 'plain' | 'secure'): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'greenroom-registry-'));
  const port = await freePort();
  const secure = kind === 'secure';
  if (secure) await writeSecrets(folder, `127.0.0.1:${port}`);
  const auth = `auth: {htpasswd: {realm: greenroom, path: ${folder}/htpasswd}}\n`;
  const tls = `, tls: {certificate: ${folder}/tls.crt, key: ${folder}/tls.key}`;
  await writeFile(
    join(folder, 'registry.yml'),
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}\n` +
      `${secure ? auth : ''}http: {addr: "127.0.0.1:${port}"${secure ? tls : ''}}\n`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'registry.yml')], { stdio: 'ignore' });
  const access: RegistryAccess = {
    address: `127.0.0.1:${port}`,
    scheme: secure ? 'https' : 'http',
    ca: secure ? await readFile(join(folder, 'tls.crt'), 'utf8') : null,
    dockerConfigPath: secure ? join(folder, 'config.json') : null,
  };
  await untilListening(port, child);
  return { access, folder, stop: () => stop(child, folder) };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function writeSecrets(folder: string, host: string): Promise<void> {
  const subject = ['-subj', '/CN=greenroom-test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const keys = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...keys], { stdio: 'ignore' });
  await writeFile(join(folder, 'htpasswd'), htpasswd);
  const auth = Buffer.from('greenroom:open sesame').toString('base64');
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
    const answered = await new Promise((resolve) => {
      httpGet({ host: '127.0.0.1', port, path: '/v2/' }, (answer) => resolve(answer.resume())).on('error', (error) =>
        resolve('code' in error && error.code !== 'ECONNREFUSED'),
      );
    });
    if (answered) return;
    await sleep(50);
  }
  throw new Error('docker-registry does not listen');
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  await rm(folder, { recursive: true, force: true });
}
