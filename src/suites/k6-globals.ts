/** What k6 has everywhere and `@types/k6` 2.3.0 says nothing of, as k6 2.2.0 itself lists it. */
export const k6Globals = `
interface K6Console {
  debug(...data: unknown[]): void;
  error(...data: unknown[]): void;
  info(...data: unknown[]): void;
  log(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}
declare var console: K6Console;
declare function setTimeout(functionRef: (...args: any[]) => void, delay: number, ...args: any[]): number;
declare function clearTimeout(timer: number): void;
declare function setInterval(functionRef: (...args: any[]) => void, delay: number, ...args: any[]): number;
declare function clearInterval(timer: number): void;
declare var crypto: {
  readonly subtle: any;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): string;
};
declare class TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}
`;
