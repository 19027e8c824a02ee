/** What the toolchain brings. `kubectl`, `versitygw` (an S3 server) and `gitea` (a forge) serve tests and benchmarks alone. */
export type ToolName =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl'
  | 'pause'
  | 'coredns'
  | 'pulumi'
  | 'pulumi-resource-kubernetes'
  | 'k6'
  | 'versitygw'
  | 'gitea';

/** What an embedded cluster is made of, beside Debian's etcd, containerd, runc and registry. */
export const clusterTools = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'coredns',
  'pause',
] as const satisfies readonly ToolName[];

/** A file that the Go module ships and its main package embeds, but that must lie beside our own `main.go`. */
export interface EmbeddedFile {
  /** Inside the module `from`. */
  source: string;
  /** Sets the top-level `version` of the JSON file to the tool's. */
  stampVersion: boolean;
}

export interface Tool {
  name: ToolName;
  version: string;
  /** Folder of the pinned Go module, inside the repository. */
  module: string;
  /** What `go build` is asked for, in that folder. */
  goPackage: string;
  ldflags: string;
  /** Folder in the cache; the binaries of one module and version share it. */
  cacheFolder: string;
  /** Wall-clock seconds of a cold build on 2 cores, downloads included, when built in the table's order. */
  coldBuildSeconds: number;
  /** How a binary found on PATH is judged; null: it cannot tell its version, so PATH is never asked. */
  onPath: { versionArguments: string[]; accepts: VersionRange } | null;
  embeds: { from: string; files: EmbeddedFile[] } | null;
}

/** From `atLeast` on, below `below`: dotted numbers. */
export interface VersionRange {
  atLeast: string;
  below: string;
}

const kubernetes = '1.35.4';
const kubernetesFlags = [
  '-s -w',
  `-X k8s.io/component-base/version.gitVersion=v${kubernetes}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=35',
  `-X k8s.io/client-go/pkg/version.gitVersion=v${kubernetes}`,
].join(' ');

function kubernetesTool(
  name: ToolName,
  coldBuildSeconds: number,
  onPath: Tool['onPath'] = {
    versionArguments: ['--version'],
    // 1.36 drops containerd 1.x, which is what Debian 12 serves.
    accepts: { atLeast: kubernetes, below: '1.36' },
  },
): Tool {
  return {
    name,
    version: kubernetes,
    module: 'tools/kubernetes',
    goPackage: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesFlags,
    cacheFolder: `kubernetes-${kubernetes}`,
    coldBuildSeconds,
    onPath,
    embeds: null,
  };
}

/** In the order in which a first start needs them. */
export const tools: readonly Tool[] = [
  kubernetesTool('kube-apiserver', 400),
  kubernetesTool('kube-controller-manager', 90),
  kubernetesTool('kube-scheduler', 7),
  kubernetesTool('kubelet', 30),
  kubernetesTool('kube-proxy', 15),
  {
    name: 'pause',
    version: '1.0.0',
    module: 'tools/pause',
    goPackage: '.',
    ldflags: '-s -w',
    cacheFolder: 'pause-1.0.0',
    coldBuildSeconds: 2,
    onPath: null,
    embeds: null,
  },
  {
    name: 'coredns',
    version: '1.14.0',
    module: 'tools/coredns',
    goPackage: 'github.com/coredns/coredns',
    ldflags: '-s -w',
    cacheFolder: 'coredns-1.14.0',
    coldBuildSeconds: 190,
    onPath: { versionArguments: ['-version'], accepts: { atLeast: '1.11', below: '2' } },
    embeds: null,
  },
  {
    name: 'pulumi',
    version: '3.250.0',
    module: 'tools/pulumi',
    goPackage: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
    ldflags: '-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.250.0',
    cacheFolder: 'pulumi-3.250.0',
    coldBuildSeconds: 250,
    // The Automation API of the same version refuses an older command line.
    onPath: { versionArguments: ['version'], accepts: { atLeast: '3.250.0', below: '4' } },
    embeds: null,
  },
  {
    name: 'pulumi-resource-kubernetes',
    version: '4.24.1',
    module: 'tools/pulumi-resource-kubernetes',
    goPackage: '.',
    ldflags: '-s -w -X github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version=4.24.1',
    cacheFolder: 'pulumi-resource-kubernetes-4.24.1',
    coldBuildSeconds: 540,
    onPath: null,
    embeds: {
      from: 'github.com/pulumi/pulumi-kubernetes/provider/v4',
      files: [
        { source: 'cmd/pulumi-resource-kubernetes/schema.json', stampVersion: true },
        { source: 'cmd/pulumi-resource-kubernetes/terraform-mapping.json', stampVersion: false },
      ],
    },
  },
  {
    name: 'k6',
    version: '2.2.0',
    module: 'tools/k6',
    goPackage: 'go.k6.io/k6/v2',
    ldflags: '-s -w',
    cacheFolder: 'k6-2.2.0',
    coldBuildSeconds: 85,
    onPath: { versionArguments: ['--version'], accepts: { atLeast: '2.2.0', below: '3' } },
    embeds: null,
  },
  {
    name: 'versitygw',
    version: '1.8.0',
    module: 'tools/versitygw',
    goPackage: 'github.com/versity/versitygw/cmd/versitygw',
    ldflags: '-s -w',
    cacheFolder: 'versitygw-1.8.0',
    coldBuildSeconds: 100,
    onPath: null,
    embeds: null,
  },
  {
    name: 'gitea',
    version: '1.25.4',
    module: 'tools/gitea',
    goPackage: 'code.gitea.io/gitea',
    // Without cgo, hence without SQLite: the tests give it a PostgreSQL server.
    ldflags: '-s -w -X main.Version=1.25.4',
    cacheFolder: 'gitea-1.25.4',
    coldBuildSeconds: 300,
    onPath: null,
    embeds: null,
  },
  kubernetesTool('kubectl', 20, {
    versionArguments: ['version', '--client'],
    accepts: { atLeast: '1.30', below: '2' },
  }),
];
