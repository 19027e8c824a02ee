import type { ConfigFile } from './world.ts';

/** Where the application of every change stands in for a real one: small, so that a parse of it costs little. */
const application = `version: 1
application:
  entry: { service: web, port: 8080 }
  services:
    - { name: web, image: registry.example.com/web, port: 8080, resources: { cpu: 500m, memory: 256Mi } }
  images:
    - { name: registry.example.com/web, from: wait, timeout: 3m }
limits: { timeout: 4m, ttl: 30m }
`;

const smoke = '  - { name: smoke, kind: smoke, path: smoke.yaml, timeout: 2m }\n';
const load = '  - { name: load, kind: load, path: load.ts, timeout: 3m, required: false, disturbs: [load] }\n';

/** `greenroom.yaml`; null: there is none. */
export const configFiles: Readonly<Record<ConfigFile, string | null>> = {
  small: `${application}suites:\n${smoke}`,
  'two-suites': `${application}suites:\n${smoke}${load}`,
  broken: `${application}suits: []\n`,
  none: null,
};
