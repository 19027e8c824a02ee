import { generateKeyPairSync } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressPlan } from './address-plan.ts';
import { runCommand } from './run-command.ts';

interface Subject {
  file: string;
  commonName: string;
  organization?: string;
  alternativeNames?: string[];
}

function subjects(plan: AddressPlan): Subject[] {
  const service = 'kubernetes.default.svc';
  return [
    {
      file: 'apiserver',
      commonName: 'kube-apiserver',
      alternativeNames: [
        ...['kubernetes', 'kubernetes.default', service, `${service}.cluster.local`].map((name) => `DNS:${name}`),
        ...[plan.apiServiceAddress, plan.nodeAddress, '127.0.0.1'].map((address) => `IP:${address}`),
      ],
    },
    {
      file: 'kubelet',
      commonName: 'system:node:node',
      organization: 'system:nodes',
      alternativeNames: ['DNS:node', `IP:${plan.nodeAddress}`],
    },
    // Served by the controller manager, the scheduler and the registry, so that none spends its start on a key of its own.
    { file: 'node', commonName: 'greenroom-node', alternativeNames: ['IP:127.0.0.1', `IP:${plan.nodeAddress}`] },
    { file: 'admin', commonName: 'admin', organization: 'system:masters' },
    { file: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
    { file: 'kube-controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'kube-scheduler', commonName: 'system:kube-scheduler' },
    { file: 'kube-proxy', commonName: 'system:kube-proxy' },
    { file: 'coredns', commonName: 'coredns' },
  ];
}

/**
 * The cluster's own authority and everybody's certificate, good for ten years, in `<folder>/pki`. Made once and kept.
 * Written beside and renamed, so that an interrupted start leaves none or all.
 */
export async function ensureCertificates(folder: string, plan: AddressPlan, signal: AbortSignal): Promise<void> {
  const finished = join(folder, 'pki');
  const isThere = await access(join(finished, 'ca.crt')).then(
    () => true,
    () => false,
  );
  if (isThere) return;

  const unfinished = join(folder, 'pki.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await createServiceAccountKeys(unfinished);
  await openssl(unfinished, 'ca', authoritySection, [], signal);
  await Promise.all(
    subjects(plan).map((subject) =>
      openssl(unfinished, subject.file, leafSection(subject), ['-CA', 'ca.crt', '-CAkey', 'ca.key'], signal),
    ),
  );
  await rename(unfinished, finished);
}

async function createServiceAccountKeys(folder: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(join(folder, 'service-accounts.key'), privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'service-accounts.pub'), publicKey);
}

async function openssl(
  folder: string,
  name: string,
  section: string,
  args: string[],
  signal: AbortSignal,
): Promise<void> {
  await writeFile(join(folder, `${name}.cnf`), section);
  const files = ['-config', `${name}.cnf`, '-keyout', `${name}.key`, '-out', `${name}.crt`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await runCommand('openssl', ['req', '-x509', '-days', '3650', ...files, ...key, ...args], { cwd: folder, signal });
}

const authoritySection = `[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = greenroom-ca
[extensions]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
`;

function leafSection(subject: Subject): string {
  const { organization, commonName, alternativeNames } = subject;
  return `[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
${organization ? `O = ${organization}\n` : ''}CN = ${commonName}
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
authorityKeyIdentifier = keyid
${alternativeNames ? `subjectAltName = ${alternativeNames.join(',')}\n` : ''}`;
}
