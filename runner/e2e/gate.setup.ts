/** Comes before a repository's own global set-up, which may talk to the application. */
import { untilReleased } from './gate.ts';

// biome-ignore lint/style/noDefaultExport: Playwright loads a global set-up by its default export
export default async function waitForRelease(): Promise<void> {
  await untilReleased();
}
