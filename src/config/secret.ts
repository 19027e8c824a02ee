import { inspect } from 'node:util';

const shown = '[secret]';

/** A value that does not print: not in a log line, not in JSON, not in an error message. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

/** Every secret in a value, however deep, and the passwords of those that are addresses. */
export function secretsIn(value: unknown): string[] {
  if (value instanceof Secret) {
    const text = value.reveal();
    const password = URL.canParse(text) ? new URL(text).password : '';
    return password === '' ? [text] : [text, password, decodeURIComponent(password)];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}
