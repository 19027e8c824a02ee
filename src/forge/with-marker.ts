import { cutText } from './cut-text.ts';

/** `body` within `maxBytes`, with its marker: that must survive the cut, or the next look would not find the comment. */
export function withMarker(body: string, marker: string, maxBytes: number): string {
  if (body.includes(marker)) {
    const cut = cutText(body, maxBytes);
    if (cut.includes(marker)) return cut;
  }
  const tail = `\n${marker}`;
  return `${cutText(body, maxBytes - Buffer.byteLength(tail))}${tail}`;
}
