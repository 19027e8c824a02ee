const ellipsis = '\n…';

/**
 * The longest beginning of `text` within `maxBytes` of UTF-8, whole characters only, with an ellipsis where something
 * is missing. Forges count characters in one place and bytes in another; bytes keep both.
 */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - Buffer.byteLength(ellipsis);
  // A continuation byte (10xxxxxx) at the cut would leave half a character behind.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, Math.max(0, end)).toString('utf8')}${ellipsis}`;
}
