import { missingPermissions, neededEvents, type Permissions, usefulEvents, usefulPermissions } from './app-access.ts';
import type { AppInstallation, AppSelf, Hook } from './github-app.ts';

/** What is wrong, and where it is put right. */
export interface AppProblem {
  detail: string;
  remedy: string;
}

/** Of `wanted`, permissions that the App does not ask for, or that an owner has not accepted yet. PURE. */
export function permissionProblems(
  self: AppSelf,
  installations: readonly AppInstallation[],
  wanted: Permissions,
): AppProblem[] {
  const asked = missingPermissions(wanted, self.permissions);
  const accepted = working(installations).flatMap(({ account, permissions, page }) => {
    const missing = missingPermissions(wanted, permissions).filter((one) => !asked.includes(one));
    return missing.length === 0
      ? []
      : [{ detail: `"${account}" has not accepted ${missing.join(', ')}`, remedy: `Its owner accepts them: ${page}` }];
  });
  if (asked.length === 0) return accepted;
  const remedy = `Add them in the App's settings, "Permissions & events": ${self.page}`;
  return [{ detail: `the App does not ask for ${asked.join(', ')}`, remedy }, ...accepted];
}

/** Events that nobody tells us of. Those about checks come with the permission. PURE. */
export function eventProblems(self: AppSelf, installations: readonly AppInstallation[]): AppProblem[] {
  const lacks = (events: readonly string[]) => neededEvents.filter((event) => !events.includes(event));
  const asked = lacks(self.events);
  const accepted = working(installations).flatMap(({ account, events, page }) => {
    const missing = lacks(events).filter((event) => !asked.includes(event));
    return missing.length === 0
      ? []
      : [{ detail: `"${account}" does not tell of ${missing.join(', ')}`, remedy: `Its owner accepts them: ${page}` }];
  });
  if (asked.length === 0) return accepted;
  const remedy = `Subscribe to them in the App's settings, "Permissions & events": ${self.page}`;
  return [{ detail: `the App is not told of ${asked.join(', ')}`, remedy }, ...accepted];
}

/** What would make waits for images shorter. PURE. */
export function missingExtras({ permissions, events }: AppSelf): string[] {
  return [
    ...missingPermissions(usefulPermissions, permissions),
    ...usefulEvents.filter((event) => !events.includes(event)),
  ];
}

/** Where deliveries go, compared with where they are waited for. PURE. */
export function hookProblems({ url, contentType, verifiesTls }: Hook, wanted: string, { page }: AppSelf): AppProblem[] {
  const remedy = `Change it in the App's settings, "Webhook": ${page}`;
  const wrong = [
    ...(url === wanted
      ? []
      : [url === '' ? 'it has no address, or is not active' : `it goes to ${url}, not to ${wanted}`]),
    ...(contentType === 'json' ? [] : [`its content type is "${contentType}", not application/json`]),
    ...(verifiesTls ? [] : ['it does not verify TLS certificates']),
  ];
  return wrong.map((detail) => ({ detail, remedy }));
}

function working(installations: readonly AppInstallation[]): AppInstallation[] {
  return installations.filter(({ suspended }) => !suspended);
}
