/** Without i, l, o and u: nothing is misread for something else. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Crockford's base32 in lower case, five bits a character, the rest of the last byte dropped. PURE. */
export function base32(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
  }
  return text;
}
