// Deep imports: the package's main file loads ten times as much, and a child process pays for it on every operation.
import { secret } from '@pulumi/pulumi/output.js';
import { CustomResource, type CustomResourceOptions } from '@pulumi/pulumi/resource.js';
import type { KubernetesObject } from './environment-spec.ts';

class ClusterObject extends CustomResource {}

/**
 * One Kubernetes object as a Pulumi resource. The generic class does what each class of `@pulumi/kubernetes` does, without
 * loading that package (it would add a tenth of a second to every operation). Awaits are off: readiness is ours.
 */
export function declare(role: string, object: KubernetesObject, options: CustomResourceOptions): CustomResource {
  const { annotations } = object.metadata;
  const metadata = { ...object.metadata, annotations: { ...annotations, 'pulumi.com/skipAwait': 'true' } };
  const properties = { ...object, metadata };
  return new ClusterObject(
    typeToken(object),
    `${role}/${object.kind}/${object.metadata.name}`,
    object.kind === 'Secret' ? sealed(properties) : properties,
    options,
  );
}

/** `apps/v1` + `Deployment` is `kubernetes:apps/v1:Deployment`; the core group, nameless in Kubernetes, is `core`. */
function typeToken(object: KubernetesObject): string {
  const version = object.apiVersion.includes('/') ? object.apiVersion : `core/${object.apiVersion}`;
  return `kubernetes:${version}:${object.kind}`;
}

/** A Secret's values are encrypted in Pulumi's state. */
function sealed(properties: KubernetesObject): object {
  const { data, stringData } = properties;
  return {
    ...properties,
    ...(data === undefined ? {} : { data: secret(data) }),
    ...(stringData === undefined ? {} : { stringData: secret(stringData) }),
  };
}
