/**
 * Whether a path matches a glob: `*` and `?` within one segment, `**` over any number of segments. Dot files are files.
 * No regular expression is built, so no pattern can make it slow. PURE.
 */
export function matchesGlob(path: string, glob: string): boolean {
  const segments = glob.replace(/^\.?\//, '').split('/');
  return matchSequence(segments, path.split('/'), {
    isMany: (segment) => segment === '**',
    matches: matchSegment,
  });
}

function matchSegment(pattern: string, segment: string): boolean {
  return matchSequence([...pattern], [...segment], {
    isMany: (character) => character === '*',
    matches: (character, actual) => character === '?' || character === actual,
  });
}

/** Greedy with one step back: the classic wildcard match, over characters and over segments alike. */
function matchSequence(
  pattern: string[],
  text: string[],
  rule: { isMany: (part: string) => boolean; matches: (part: string, actual: string) => boolean },
): boolean {
  let p = 0;
  let t = 0;
  let many = -1;
  let resume = 0;
  while (t < text.length) {
    const part = pattern[p];
    if (part !== undefined && rule.isMany(part)) {
      many = p++;
      resume = t;
    } else if (part !== undefined && rule.matches(part, text[t] ?? '')) {
      p++;
      t++;
    } else if (many >= 0) {
      p = many + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.slice(p).every(rule.isMany);
}
