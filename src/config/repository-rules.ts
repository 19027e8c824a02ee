import { z } from 'zod';
import type { Finding } from './issue-message.ts';
import { didYouMean } from './nearest.ts';
import { unknownVariables } from './variables.ts';

/** What the rules between fields need to see, read leniently, so that they also speak when other fields are wrong. */
const text = z.string().catch('');
const named = z.array(z.object({ name: text }).catch({ name: '' })).catch([]);
const Outline = z
  .object({
    application: z
      .object({
        entry: z
          .object({ service: text, port: z.number().nullable().catch(null) })
          .nullable()
          .catch(null),
        services: z
          .array(
            z
              .object({ name: text, image: text, port: z.number().nullable().catch(null) })
              .catch({ name: '', image: '', port: null }),
          )
          .nullable()
          .catch(null),
        manifests: z.unknown().optional(),
        kustomize: z.unknown().optional(),
        helm: z.unknown().optional(),
        images: z.array(z.object({ name: text, tag: text }).catch({ name: '', tag: '' })).catch([]),
        before: z.array(z.object({ name: text, image: text }).catch({ name: '', image: '' })).catch([]),
      })
      .nullable()
      .catch(null),
    suites: named,
  })
  .catch({ application: null, suites: [] });
type Outline = z.infer<typeof Outline>;
type Application = NonNullable<Outline['application']>;

const sources = ['services', 'manifests', 'kustomize', 'helm'] as const;

/** The rules that hold between fields of `greenroom.yaml`. PURE. */
export function ruleFindings(data: unknown): Finding[] {
  const outline = Outline.parse(data);
  const { application } = outline;
  return [
    ...(application ? [...sourceFindings(application), ...entryFindings(application)] : []),
    ...(application ? variableFindings(application) : []),
    ...duplicateFindings(['application', 'services'], application?.services ?? []),
    ...duplicateFindings(['application', 'before'], application?.before ?? []),
    ...duplicateFindings(['application', 'images'], application?.images ?? []),
    ...duplicateFindings(['suites'], outline.suites),
  ];
}

function sourceFindings(application: Application): Finding[] {
  const path = ['application'];
  const written = sources.filter((source) => application[source] !== undefined && application[source] !== null);
  if (written.length === 0) {
    return [{ path, message: 'application says nothing to deploy', suggestion: 'write "services" or "manifests"' }];
  }
  const findings: Finding[] = written.slice(1).map((key) => ({
    path,
    key,
    message: `only one of ${sources.join(', ')} may be written, and "${written[0]}" is there already`,
  }));
  for (const key of written) {
    if (key !== 'kustomize' && key !== 'helm') continue;
    const suggestion = `render it to plain manifests and name their folder under "manifests"`;
    findings.push({ path, key, message: `"${key}" is not supported yet; it follows later`, suggestion });
  }
  return findings;
}

function entryFindings({ entry, services }: Application): Finding[] {
  if (!entry || entry.service === '' || !services) return [];
  const path = ['application', 'entry', 'service'];
  const names = services.map((service) => service.name).filter((name) => name !== '');
  const service = services.find((candidate) => candidate.name === entry.service);
  if (!service) {
    const suggestion = didYouMean(entry.service, names) ?? `services here: ${names.join(', ') || 'none'}`;
    return [{ path, message: `no service is named "${entry.service.slice(0, 63)}"`, suggestion }];
  }
  if (entry.port === null || service.port === entry.port) return [];
  const has = service.port === null ? 'has no port' : `listens on port ${service.port}`;
  const message = `entry says port ${entry.port}, but the service "${service.name}" ${has}`;
  return [{ path: ['application', 'entry', 'port'], message }];
}

function variableFindings({ services, before, images }: Application): Finding[] {
  const places: { path: (string | number)[]; text: string }[] = [
    ...(services ?? []).map((item, index) => ({ path: ['services', index, 'image'], text: item.image })),
    ...before.map((item, index) => ({ path: ['before', index, 'image'], text: item.image })),
    ...images.map((item, index) => ({ path: ['images', index, 'name'], text: item.name })),
    ...images.map((item, index) => ({ path: ['images', index, 'tag'], text: item.tag })),
  ];
  return places.flatMap((place) =>
    unknownVariables(place.text).map((finding) => ({ path: ['application', ...place.path], ...finding })),
  );
}

function duplicateFindings(path: string[], items: { name: string }[]): Finding[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, index) => {
    if (name === '' || !seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `the name "${name.slice(0, 80)}" is used twice in ${path.join('.')}`;
    return [{ path: [...path, index, 'name'], message }];
  });
}
