import type { Capability } from './image-recipes.ts';

const blockBytes = 512;
const capabilityBits = { setgid: 6, setuid: 7 } as const;

/**
 * The tar blocks of a PAX header that gives the entry after it a file capability: the extended attribute
 * `security.capability`, a `struct vfs_cap_data` (linux/capability.h) of revision 2, effective. By hand, because tar-stream's
 * PAX values are text, and these bytes are none.
 */
export function capabilityHeader(capability: Capability): Buffer {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x02000001, 0);
  value.writeUInt32LE(1 << capabilityBits[capability], 4);
  const record = Buffer.concat([Buffer.from(' SCHILY.xattr.security.capability='), value, Buffer.from('\n')]);
  // The record's length counts its own two digits.
  const body = Buffer.concat([Buffer.from(String(record.length + 2)), record]);
  return Buffer.concat([ustarHeader('PaxHeader', 'x', body.length), body, Buffer.alloc(blockBytes - body.length)]);
}

/** POSIX.1-2017, pax, "ustar Interchange Format". */
function ustarHeader(name: string, type: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0);
  for (const [offset, octal] of [
    [100, '0000644'],
    [108, '0000000'],
    [116, '0000000'],
    [124, size.toString(8).padStart(11, '0')],
    [136, '00000000000'],
  ] as const) {
    header.write(octal, offset);
  }
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
