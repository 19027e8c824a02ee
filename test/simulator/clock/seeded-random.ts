/** A stream of numbers that the seed alone decides: sfc32, which passes PractRand, seeded by splitmix32. */
export class SeededRandom {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    let mixed = seed | 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let bits = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
      return bits ^ (bits >>> 15);
    });
    for (let skipped = 0; skipped < 12; skipped++) this.uint32();
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const sum = (a + b + counter) | 0;
    this.#state.set([b ^ (b >>> 9), (c + (c << 3)) | 0, ((c << 21) | (c >>> 11)) + sum, counter + 1]);
    return sum >>> 0;
  }

  /** From 0 up to, not including, 1, with all the bits of a double. */
  next(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A whole number from `least` up to, not including, `end`. */
  integer(least: number, end: number): number {
    return least + Math.floor(this.next() * (end - least));
  }

  fill<T extends ArrayBufferView>(into: T): T {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.uint32();
    return into;
  }

  uuid(): `${string}-${string}-${string}-${string}-${string}` {
    const bytes = this.fill(Buffer.alloc(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}
