/** What `greenroom init` found in the repository. */
export interface Found {
  repository: string;
  /** One per Dockerfile. */
  services: { name: string; context: string; port: number }[];
  /** Folder of plain manifests, or null. */
  manifests: string | null;
  github: boolean;
}

const registry = 'registry.example.com';

export function configTemplate(found: Found): string {
  const services = found.services.length > 0 ? found.services : [{ name: found.repository, context: '.', port: 8080 }];
  const entry = services.find((service) => /web|front|app|ui/.test(service.name)) ?? services[0];
  return `# Greenroom: how a change to this repository is validated. Reference: docs/greenroom-yaml.md of Greenroom.
version: 1
application:
  # What the suites talk to.
  entry: { service: ${entry?.name}, port: ${entry?.port} }
${found.manifests === null ? servicesOf(found, services) : `  manifests: ${found.manifests}`}
  # Your CI pushes these under the head commit of the pull request; Greenroom waits and deploys the digest.
  images:
${services.map((service) => `    - { name: ${imageOf(found, service.name)}, tag: '\${sha}', from: wait, timeout: 10m }`).join('\n')}
# Without suites Greenroom asks its own: does the entry answer, does the page load without errors, a gentle load.
# suites:
#   - { name: smoke, kind: smoke, path: scenarios/smoke.yaml }
#   - { name: e2e, kind: e2e, path: scenarios/e2e, retries: 1 }
#   - { name: load, kind: load, path: scenarios/load/browse.ts, disturbs: [load] }
triggers: { paths-ignore: ['docs/**', '**/*.md'], drafts: skip }
limits: { cpu: '4', memory: 4Gi, timeout: 30m, ttl: 2h }
`;
}

function servicesOf(found: Found, services: Found['services']): string {
  const lines = services.map(
    (service) => `    - name: ${service.name}
      image: ${imageOf(found, service.name)}
      port: ${service.port}
      readiness: { path: / }
      resources: { cpu: 250m, memory: 256Mi }`,
  );
  return `  services:\n${lines.join('\n')}`;
}

function imageOf(found: Found, service: string): string {
  return `${registry}/${found.repository}/${service}`;
}

/**
 * Of a pull request `pull_request.head.sha`, not GITHUB_SHA: that is the merge commit, which nobody asks for. The merge queue's own
 * commits need images as well, and of those GITHUB_SHA is the right one.
 */
export function workflowTemplate(found: Found): string {
  const matrix = found.services.map(
    (service) => `          - { image: ${imageOf(found, service.name)}, context: ${service.context} }`,
  );
  return `name: greenroom images
on: [pull_request, merge_group]
env:
  COMMIT: \${{ github.event.pull_request.head.sha || github.sha }}
permissions: { contents: read, packages: write }
jobs:
  push:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        include:
${matrix.join('\n')}
    steps:
      - uses: actions/checkout@v5
        with: { ref: '\${{ env.COMMIT }}' }
      - uses: docker/login-action@v3
        with: { registry: ${registry}, username: '\${{ secrets.REGISTRY_USER }}', password: '\${{ secrets.REGISTRY_TOKEN }}' }
      - uses: docker/build-push-action@v6
        with:
          context: \${{ matrix.context }}
          push: true
          tags: \${{ matrix.image }}:\${{ env.COMMIT }}
`;
}
