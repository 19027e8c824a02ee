/** Why `actual` does not contain `expected`, with the path to the first difference; null when it does. */
export function subsetDifference(expected: unknown, actual: unknown, path = '$'): string | null {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${path}: expected a list, got ${show(actual)}`;
    if (actual.length !== expected.length) return `${path}: expected ${expected.length} elements, got ${actual.length}`;
    return firstDifference(expected.keys(), (key) => subsetDifference(expected[key], actual[key], `${path}[${key}]`));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual))
      return `${path}: expected an object, got ${show(actual)}`;
    const found = actual as Record<string, unknown>;
    return firstDifference(Object.entries(expected), ([key, value]) =>
      Object.hasOwn(found, key)
        ? subsetDifference(value, found[key], `${path}.${key}`)
        : `${path}.${key}: is not there, expected ${show(value)}`,
    );
  }
  return Object.is(expected, actual) ? null : `${path}: expected ${show(expected)}, got ${show(actual)}`;
}

function firstDifference<T>(items: Iterable<T>, compare: (item: T) => string | null): string | null {
  for (const item of items) {
    const difference = compare(item);
    if (difference) return difference;
  }
  return null;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}
