import process from 'node:process';
import { pulumiUp } from '../../src/environment/pulumi-operations.ts';

/** A process that starts an `up` and tells when the first object is there, to be killed by a test. */
process.on('message', ({ access, cluster, spec }: { access: never; cluster: never; spec: never }) => {
  const signal = new AbortController().signal;
  pulumiUp(access, cluster, spec, { signal, onResource: () => process.send?.('created') }).catch(() => process.exit(1));
});
