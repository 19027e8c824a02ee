import { z } from 'zod';

const Labels = z.record(z.string(), z.string());
const Selector = z.object({
  matchLabels: Labels.nullish(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});
const Protocol = z.enum(['TCP', 'UDP', 'SCTP']);
const Peer = z.object({
  podSelector: Selector.nullish(),
  namespaceSelector: Selector.nullish(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).nullish() }).nullish(),
});
const Port = z.object({
  protocol: Protocol.default('TCP'),
  /** A number, or a name that the pod gives it. */
  port: z.union([z.number(), z.string()]).nullish(),
  endPort: z.number().nullish(),
});

/** What of a Pod the rules ask for. */
export const PolicyPod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: Labels.nullish() }),
  spec: z.object({
    containers: z.array(
      z.object({
        ports: z
          .array(z.object({ name: z.string().nullish(), containerPort: z.number(), protocol: Protocol.default('TCP') }))
          .nullish(),
      }),
    ),
  }),
});
export type PolicyPod = z.infer<typeof PolicyPod>;

export const PolicyNamespace = z.object({ metadata: z.object({ name: z.string(), labels: Labels.nullish() }) });
export type PolicyNamespace = z.infer<typeof PolicyNamespace>;

/** As the API server gives it: `policyTypes` is always there. */
export const NetworkPolicy = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    podSelector: Selector,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.object({ from: z.array(Peer).nullish(), ports: z.array(Port).nullish() })).nullish(),
    egress: z.array(z.object({ to: z.array(Peer).nullish(), ports: z.array(Port).nullish() })).nullish(),
  }),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;
export type LabelSelector = z.infer<typeof Selector>;
export type PolicyPeer = z.infer<typeof Peer>;
export type PolicyPort = z.infer<typeof Port>;
