const perPage = 100;

/**
 * Everything of a paginated list, page by page (each its own request, so each with its own time-out), at most
 * `maxPages` of them.
 */
export async function allPages<T>(
  maxPages: number,
  fetchPage: (page: { per_page: number; page: number }) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let page = 1; page <= maxPages; page += 1) {
    const items = await fetchPage({ per_page: perPage, page });
    all.push(...items);
    if (items.length < perPage) break;
  }
  return all;
}
