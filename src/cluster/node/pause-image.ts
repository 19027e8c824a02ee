import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { arch } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { runCommand } from '../run-command.ts';
import { containerdSocket, pauseImage } from './node-files.ts';
import { inside } from './prepare-namespace.ts';

/**
 * The image of every pod's first process, which holds the pod's namespaces and does nothing else. It is made here, because
 * there is no outside registry to take it from: a program of a few instructions is all it needs.
 */
export async function importPauseImage(): Promise<void> {
  const archive = `${inside}/config/pause.tar`;
  const layer = await tarOf([{ name: 'pause', content: pauseProgram(arch()), mode: 0o755 }]);
  const config = {
    architecture: arch() === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
  };
  const manifest = [{ Config: 'config.json', RepoTags: [pauseImage], Layers: ['layer.tar'] }];
  const files = [
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
    { name: 'config.json', content: Buffer.from(JSON.stringify(config)) },
    { name: 'layer.tar', content: layer },
  ];
  await pipeline([await tarOf(files)], createWriteStream(archive));
  await runCommand('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

async function tarOf(files: { name: string; content: Buffer; mode?: number }[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, mode = 0o644 } of files) archive.entry({ name, mode, mtime: new Date(0) }, content);
  archive.finalize();
  return buffer(archive);
}

/**
 * A static ELF program: ignores SIGCHLD, so that the kernel reaps what a pod with a shared process namespace leaves to it,
 * and sleeps until it is killed. By hand, since a bare machine has no compiler.
 */
export function pauseProgram(architecture: string): Buffer {
  const code = architecture === 'arm64' ? arm64Code() : x64Code;
  const base = 0x400000n;
  const headers = 64 + 56;
  const program = Buffer.alloc(headers + code.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(program);
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(architecture === 'arm64' ? 183 : 62, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(base + BigInt(headers), 24);
  program.writeBigUInt64LE(64n, 32);
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  // One segment, readable and executable: the whole file.
  program.writeUInt32LE(1, 64);
  program.writeUInt32LE(5, 68);
  program.writeBigUInt64LE(base, 80);
  program.writeBigUInt64LE(base, 88);
  program.writeBigUInt64LE(BigInt(program.length), 96);
  program.writeBigUInt64LE(BigInt(program.length), 104);
  program.writeBigUInt64LE(0x1000n, 112);
  code.copy(program, headers);
  return program;
}

const x64Code = Buffer.from(
  [
    '6a00 6a00 6a00 6a01', // push the sigaction: mask 0, restorer 0, flags 0, handler SIG_IGN
    '4889e6 bf11000000 31d2 41ba08000000 b80d000000 0f05', // rt_sigaction(SIGCHLD, rsp, NULL, 8)
    'b822000000 0f05 ebf7', // again: pause(); jump to again
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

function arm64Code(): Buffer {
  const instructions = [
    0xd10083ff, // sub sp, sp, #32
    0xd2800029, // mov x9, #1 (SIG_IGN)
    0xa9007fe9, // stp x9, xzr, [sp]
    0xa9017fff, // stp xzr, xzr, [sp, #16]
    0xd2800220, // mov x0, #17 (SIGCHLD)
    0x910003e1, // mov x1, sp
    0xd2800002, // mov x2, #0
    0xd2800103, // mov x3, #8
    0xd28010c8, // mov x8, #134 (rt_sigaction)
    0xd4000001, // svc #0
    0xd2800000, // again: mov x0, #0
    0xd2800001, // mov x1, #0
    0xd2800002, // mov x2, #0
    0xd2800003, // mov x3, #0
    0xd2800928, // mov x8, #73 (ppoll: arm64 has no pause)
    0xd4000001, // svc #0
    0x17fffffa, // b again
  ];
  const code = Buffer.alloc(instructions.length * 4);
  for (const [index, instruction] of instructions.entries()) code.writeUInt32LE(instruction, index * 4);
  return code;
}
