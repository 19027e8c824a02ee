import { z } from 'zod';
import { clusterTools } from '../toolchain/tools.ts';

const Addresses = z.object({
  block: z.string(),
  hostAddress: z.string(),
  nodeAddress: z.string(),
  linkPrefix: z.number(),
  serviceNetwork: z.string(),
  apiServiceAddress: z.string(),
  dnsAddress: z.string(),
  podNetwork: z.string(),
});

/** What the supervisor is told, in `plan.json` of the cluster's folder. */
export const NodePlan = z.object({
  id: z.string(),
  name: z.string(),
  addresses: Addresses,
  tools: z.record(z.enum(clusterTools), z.string()),
  registry: z.object({
    tls: z.boolean(),
    login: z.object({ username: z.string(), password: z.string() }).nullable(),
  }),
});
export type NodePlan = z.infer<typeof NodePlan>;

/** The port of the registry, on the node's address. */
export const registryPort = 5000;
export const apiPort = 6443;
