import type { SecretsRequest } from '../environment/read-operator-secrets.ts';
import type { Performance } from './performance.ts';

/** For whom the operator's Secrets are asked. */
export function secretsRequestOf({ stage, recorder }: Performance): SecretsRequest {
  const { repository, trusted } = recorder.run;
  return { kubernetes: stage.kubernetes, namespace: stage.secretsNamespace, repository, trusted };
}
