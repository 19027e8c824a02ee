import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apiPort } from './node-plan.ts';

/** Certificates are inside, so that the file works from anywhere on this machine. */
export async function renderKubeconfig(
  pki: string,
  user: string,
  context: string,
  nodeAddress: string,
): Promise<string> {
  const [authority, certificate, key] = await Promise.all(
    ['ca.crt', `${user}.crt`, `${user}.key`].map((file) => readFile(join(pki, file), 'base64')),
  );
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': context,
      clusters: [
        {
          name: context,
          cluster: { server: `https://${nodeAddress}:${apiPort}`, 'certificate-authority-data': authority },
        },
      ],
      users: [{ name: context, user: { 'client-certificate-data': certificate, 'client-key-data': key } }],
      contexts: [{ name: context, context: { cluster: context, user: context } }],
    },
    { lineWidth: 0 },
  );
}
