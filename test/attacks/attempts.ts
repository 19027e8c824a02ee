/** One thing that a change tries, and what stops it. The tests have their names from here, and `docs/security.md` lists them all. */
export interface Attempt<Id extends string = string> {
  id: Id;
  attempt: string;
  stoppedBy: string;
}

const table = <const Id extends string>(rows: readonly Attempt<Id>[]): readonly Attempt<Id>[] => rows;

const firewall = "the node's firewall: pods go to pods, services, DNS and the registry alone";
const egress = 'the NetworkPolicies of its namespaces: egress denied but for what is declared';

/** From the application's pods and from the suites', each. */
export const networkAttempts = table([
  { id: 'greenroom', attempt: 'connecting to Greenroom by its host', stoppedBy: firewall },
  { id: 'greenroom-loopback', attempt: 'connecting to Greenroom on loopback', stoppedBy: 'a network of its own' },
  { id: 'host', attempt: "connecting to the host's end of its link", stoppedBy: firewall },
  { id: 'api-server', attempt: 'connecting to the API server', stoppedBy: firewall },
  { id: 'api-service', attempt: 'connecting to the API server by its service', stoppedBy: egress },
  { id: 'kubelet', attempt: 'connecting to the kubelet', stoppedBy: firewall },
  { id: 'etcd', attempt: 'connecting to etcd on loopback', stoppedBy: 'a network of its own' },
  { id: 'registry', attempt: 'connecting to the registry, which would let it write', stoppedBy: egress },
  { id: 'neighbour', attempt: "connecting to another namespace's pod", stoppedBy: egress },
  { id: 'neighbour-service', attempt: "connecting to another namespace's service", stoppedBy: egress },
  { id: 'metadata', attempt: "asking the cloud's metadata address", stoppedBy: firewall },
  { id: 'internet', attempt: 'connecting to an address of the internet', stoppedBy: firewall },
]);

export const roomAttempts = table([
  {
    id: 'application-to-suite',
    attempt: 'connecting from the application to a suite',
    stoppedBy: 'the NetworkPolicies of the suites: no ingress at all',
  },
  {
    id: 'suite-to-suite',
    attempt: "connecting from one suite's pod to another",
    stoppedBy: 'the NetworkPolicies of the suites: no ingress at all',
  },
  {
    id: 'stranger-to-application',
    attempt: 'connecting from another namespace to the application',
    stoppedBy: 'the NetworkPolicies of the application: ingress from its suites alone',
  },
  {
    id: 'stranger-to-suite',
    attempt: 'connecting from another namespace to a suite',
    stoppedBy: 'the NetworkPolicies of the suites: no ingress at all',
  },
  {
    id: 'dns',
    attempt: 'carrying data out in names of the internet',
    stoppedBy: "the cluster's DNS, which forwards nothing",
  },
]);

export const tokenAttempts = table([
  {
    id: 'service-account',
    attempt: "reading a ServiceAccount's token",
    stoppedBy: 'automountServiceAccountToken: false, on the account and on every pod',
  },
  {
    id: 'credentials',
    attempt: "finding Greenroom's credentials in environment, files and /proc",
    stoppedBy: 'none of them is ever given to a pod',
  },
  { id: 'kubeconfig', attempt: 'finding a kubeconfig or a key', stoppedBy: 'none of them is ever given to a pod' },
  { id: 'processes', attempt: 'seeing processes beside its own in /proc', stoppedBy: 'a PID namespace of its own' },
  { id: 'service-links', attempt: 'learning of services from the environment', stoppedBy: 'enableServiceLinks: false' },
]);

export const nodeAttempts = table([
  {
    id: 'kernel',
    attempt: "opening the kernel's settings, devices and sockets of the node",
    stoppedBy: 'read-only /proc/sys and /sys, no devices, masked paths',
  },
  { id: 'suite-root', attempt: "writing into a suite image's own files", stoppedBy: 'readOnlyRootFilesystem' },
]);

/** Pods that would reach the node if they came past `admit`: sent to the API server as they are. */
export const podAttempts = table([
  { id: 'privileged', attempt: 'a privileged container', stoppedBy: 'Pod Security' },
  { id: 'host-path', attempt: 'a volume of the node', stoppedBy: 'Pod Security' },
  { id: 'host-network', attempt: "the node's network", stoppedBy: 'Pod Security' },
  { id: 'host-pid', attempt: "the node's processes", stoppedBy: 'Pod Security' },
  { id: 'host-port', attempt: 'a port of the node', stoppedBy: 'Pod Security' },
  { id: 'capability', attempt: 'the capability SYS_PTRACE', stoppedBy: 'Pod Security' },
  { id: 'unconfined', attempt: 'system calls without a filter', stoppedBy: 'Pod Security' },
  { id: 'sysctl', attempt: 'a setting of the kernel', stoppedBy: 'Pod Security' },
]);

export const fillingAttempts = table([
  {
    id: 'memory',
    attempt: 'taking all memory',
    stoppedBy: "the container's memory limit, the LimitRange's where it has none",
  },
  {
    id: 'disk',
    attempt: 'filling the disk',
    stoppedBy: "the container's ephemeral-storage limit: it is evicted",
  },
  {
    id: 'disk-log',
    attempt: 'filling the disk by its log',
    stoppedBy: "the container's ephemeral-storage limit, to which its log counts",
  },
  {
    id: 'disk-default',
    attempt: 'filling the disk without a limit of its own',
    stoppedBy: 'the LimitRange, which gives it one',
  },
  {
    id: 'disk-suite',
    attempt: "filling the disk from a suite's pod",
    stoppedBy: 'a root that is read-only, and volumes with a size',
  },
  { id: 'processes', attempt: 'starting processes without end', stoppedBy: "the kubelet's podPidsLimit" },
  {
    id: 'others',
    attempt: 'starving the rest of the environment with all that',
    stoppedBy: 'limits of each container',
  },
]);

export const resultAttempts = table([
  {
    id: 'other-suite',
    attempt: "writing another suite's results on the wrapper's own output",
    stoppedBy: "a pod's lines count for its own suite alone",
  },
  {
    id: 'other-files',
    attempt: "leaving another suite's result files among its own",
    stoppedBy: 'each suite is read from its own folder, by its own kind',
  },
  {
    id: 'answers',
    attempt: "answering a suite's request with what looks like a result",
    stoppedBy: 'answers are compared, and quoted as text',
  },
  {
    id: 'links',
    attempt: 'leaving links to files of the sidecar among its results',
    stoppedBy: 'plain files alone are sent',
  },
  {
    id: 'names',
    attempt: 'leaving files whose names lead elsewhere',
    stoppedBy: "every name stays inside the suite's folder",
  },
  {
    id: 'page',
    attempt: 'leaving a page whose script asks Greenroom',
    stoppedBy: 'Content-Security-Policy: sandbox, an origin of its own',
  },
]);

export const textAttempts = table([
  {
    id: 'checks',
    attempt: 'markup in names, messages and logs, in checks',
    stoppedBy: 'escapeMarkdown, codeSpan, fenceFor',
  },
  {
    id: 'comment',
    attempt: 'markup in names, messages and logs, in the comment',
    stoppedBy: 'escapeMarkdown, codeSpan, fenceFor',
  },
  { id: 'page', attempt: 'markup in names, messages and logs, on the page of the run', stoppedBy: 'the html template' },
  { id: 'controls', attempt: 'ANSI and text that turns around', stoppedBy: 'plainText' },
  {
    id: 'secret',
    attempt: "showing the operator's Secret to all who read the report",
    stoppedBy: 'its value is taken out of texts; a stranger has a stub',
  },
]);

export const teardownAttempts = table([
  {
    id: 'deaf',
    attempt: 'pods that do not hear SIGTERM, with a preStop hook and a day of grace',
    stoppedBy: 'a grace of one second at teardown',
  },
  {
    id: 'claim',
    attempt: 'a claim in use and a PodDisruptionBudget that allows nothing',
    stoppedBy: 'deletion of the namespace, which asks neither',
  },
  { id: 'stranger', attempt: 'being in the way of others', stoppedBy: 'nothing outside its two namespaces is touched' },
]);

/** With an image of its own a suite may send anything that its wrapper never would; Greenroom reads it in the process that all runs share. */
export const readingAttempts = table([
  { id: 'endless-line', attempt: 'a log line without an end', stoppedBy: 'the longest line that is kept' },
  { id: 'many-lines', attempt: 'a log without an end', stoppedBy: 'the most lines that are passed on' },
  { id: 'instant', attempt: 'an end at an instant that no clock has', stoppedBy: 'the schema of the last word' },
  {
    id: 'bomb',
    attempt: 'a histogram that unpacks to a thousand times its size',
    stoppedBy: 'a limit on what is unpacked',
  },
  {
    id: 'counts',
    attempt: 'a histogram of a few bytes with more counts than anybody can go over',
    stoppedBy: 'the most counts that a histogram has',
  },
  { id: 'digits', attempt: 'a histogram that wants tens of MiB', stoppedBy: 'the digits that our runner folds with' },
  {
    id: 'large',
    attempt: 'results too large to be held',
    stoppedBy: 'the largest result file that is read, which errs and never passes',
  },
  { id: 'deep', attempt: 'results nested without an end', stoppedBy: 'an error that is caught and named' },
  { id: 'texts', attempt: 'names and messages of many MiB', stoppedBy: 'the longest text that a result keeps' },
  {
    id: 'many-tests',
    attempt: 'tests without number, each under a title of a MiB',
    stoppedBy: 'the most tests that are read, and the longest name',
  },
  {
    id: 'many-seconds',
    attempt: 'more histograms than can be added in time',
    stoppedBy: 'the most seconds of which a series is made',
  },
  { id: 'prototype', attempt: 'names that every object has', stoppedBy: 'maps and schemas that know them as names' },
]);

/** As the forge's archive of the change's tree, and as the files of a suite. */
export const archiveAttempts = table([
  { id: 'climbs', attempt: 'a name with ..', stoppedBy: 'names that stay inside' },
  { id: 'climbs-late', attempt: 'a name with .. behind a folder', stoppedBy: 'names that stay inside' },
  { id: 'absolute', attempt: 'an absolute name', stoppedBy: 'relative names alone' },
  { id: 'nul', attempt: 'a name with a NUL', stoppedBy: 'names without' },
  { id: 'link', attempt: 'a symbolic link', stoppedBy: 'plain files alone' },
  { id: 'through-link', attempt: 'a file through a link that came before', stoppedBy: 'plain files alone' },
  { id: 'hard-link', attempt: 'a hard link', stoppedBy: 'plain files alone' },
  { id: 'device', attempt: 'a device', stoppedBy: 'plain files alone' },
  { id: 'many', attempt: 'more files than anybody reads', stoppedBy: 'a limit on files' },
  { id: 'large', attempt: 'a file larger than there is room', stoppedBy: 'a limit on bytes' },
]);

/** Objects and fields that lead out of the environment, in the change's own manifests. */
export const manifestAttempts = table([
  { id: 'finalizer', attempt: 'holding teardown by a finalizer', stoppedBy: 'admit' },
  { id: 'owner', attempt: 'an ownerReference', stoppedBy: 'admit' },
  { id: 'namespace', attempt: "another namespace's name", stoppedBy: 'admit' },
  { id: 'label', attempt: "labels of Greenroom's, to pass for another run", stoppedBy: 'admit' },
  { id: 'pulumi', attempt: 'annotations that steer the deployment', stoppedBy: 'admit' },
  { id: 'our-name', attempt: "taking the place of Greenroom's own objects", stoppedBy: 'admit' },
  { id: 'policy', attempt: 'a NetworkPolicy that opens everything', stoppedBy: 'admit' },
  { id: 'binding', attempt: 'a RoleBinding', stoppedBy: 'admit' },
  { id: 'webhook', attempt: 'an admission webhook', stoppedBy: 'admit' },
  { id: 'endpoints', attempt: 'a Service of addresses elsewhere', stoppedBy: 'admit' },
  { id: 'external-name', attempt: 'a Service of a name elsewhere', stoppedBy: 'admit' },
  { id: 'node-port', attempt: 'a Service at a port of the node', stoppedBy: 'admit' },
  { id: 'token-secret', attempt: "a Secret that fills with an account's token", stoppedBy: 'admit' },
  { id: 'account', attempt: 'an account with rights', stoppedBy: 'admit' },
  { id: 'projected', attempt: 'a projected token', stoppedBy: 'admit' },
  { id: 'others-secret', attempt: "a Secret of Greenroom's or of another repository", stoppedBy: 'admit' },
  { id: 'volume', attempt: "another environment's volume", stoppedBy: 'admit' },
  { id: 'host', attempt: "the node's files, network and processes", stoppedBy: 'admit' },
  { id: 'aliases', attempt: 'YAML aliases that multiply', stoppedBy: 'a limit on aliases' },
]);
