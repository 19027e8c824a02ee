import type { SuiteConfig } from '../config/repository-config.ts';
import { cidrOf } from '../image/build-pod.ts';
import { peerOf } from '../image/build-session.ts';
import { type PackageProxy, planPackages, type SuitePackages } from '../suites/suite-packages.ts';

export interface OwnPackagesRequest {
  suites: readonly SuiteConfig[];
  /** The change's files. */
  tree: string;
  /** Address of the operator's proxy, or null; `closed` to a change from a fork. */
  buildProxy: string | 'closed' | null;
  /** Paths that the change touches; asked only where packages are in play. */
  changedFiles: () => Promise<string[]>;
}

export interface OwnPackages {
  packages: ReadonlyMap<string, SuitePackages>;
  /** Suites of whose packages the change edits the list: a lock file that no longer fits is its fault. */
  modified: string[];
}

/** What the e2e suites have to install before `go`, and by which way. */
export async function findOwnPackages(request: OwnPackagesRequest): Promise<OwnPackages> {
  const { suites, tree, buildProxy } = request;
  const proxy = buildProxy === null || buildProxy === 'closed' ? buildProxy : await packageProxy(buildProxy);
  const packages = planPackages(suites, tree, proxy);
  const inPlay = [...packages].filter(([, { files }]) => files.length > 0);
  if (inPlay.length === 0) return { packages, modified: [] };
  const changed = new Set(await request.changedFiles());
  const isModified = ({ files }: SuitePackages) => files.some((file) => changed.has(file));
  return { packages, modified: inPlay.filter(([, own]) => isModified(own)).map(([name]) => name) };
}

/** A NetworkPolicy knows no names; one that only the cluster can resolve leaves the port alone to go by. */
async function packageProxy(address: string): Promise<PackageProxy> {
  const { addresses, port } = await peerOf(address, 80);
  const cidrs = addresses.length > 0 ? addresses.map(cidrOf) : ['0.0.0.0/0', '::/0'];
  return { address, egress: { host: new URL(address).hostname, port, cidrs } };
}
