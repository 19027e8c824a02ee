import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { type ExecResult, execInPod } from '../kubernetes/exec.ts';
import { followNumberedLog, type LinePlace, type NumberedLine, readNumberedLog } from '../kubernetes/follow-log.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { completionIndexOf, containerStatusOf, listEventLines, listJobPods } from '../kubernetes/pods.ts';
import { openLog } from '../kubernetes/read-log.ts';
import { explainAbsence, explainPod, type PodFacts } from './explain-pod.ts';
import { type OutputFile, receiveOutputs } from './fetch-outputs.ts';
import { failureOf, type SuiteFailure, SuiteTrouble } from './suite-failure.ts';
import { Finished } from './suite-task.ts';

const node = '/usr/bin/node';
const filesProgram = '/greenroom/runner/files.ts';
const pollMs = 250;
const shortMs = 15_000;
const fetchMs = 300_000;
const attempts = 3;

export interface SuitePodOptions {
  kubernetes: Kubernetes;
  namespace: string;
  /** The Job's name. */
  job: string;
  shard: number;
  onLine: (line: NumberedLine) => void;
}

export interface PodEnd {
  /** Null: the wrapper never came to its last word. */
  finished: Finished | null;
  failure: SuiteFailure | null;
}

/** How far a shard has come: not even warm, waiting for `go`, at work or done with it, or ended without it. */
export type Standing = 'unready' | 'warm' | 'begun' | 'broken';

/** One shard of a suite in the cluster, from the outside: files in, `go`, its log, files out (`runner/README.md`). */
export class SuitePod {
  readonly shard: number;
  /** Resolves when nothing more will come; never rejects. */
  readonly ended: Promise<PodEnd>;
  #options: SuitePodOptions;
  #name = '';
  #gate: { stdin: PassThrough; closed: Promise<ExecResult> } | null = null;
  #warm = Promise.withResolvers<void>();
  /** What its log has told so far. */
  #told: { warm: boolean; startedAt: number | null; finished: Finished | null } = {
    warm: false,
    startedAt: null,
    finished: null,
  };
  #ended = Promise.withResolvers<PodEnd>();
  /** Ends the log and the gate's connection. */
  #over = new AbortController();

  constructor(options: SuitePodOptions) {
    this.#options = options;
    this.shard = options.shard;
    this.ended = this.#ended.promise;
  }

  /**
   * Waits for the pod, brings the files in, and follows its log until it is warm or has ended.
   * @throws SuiteTrouble when the pod cannot be had; RunError when the cluster cannot be asked; the signal's reason
   */
  async warmUp(archive: Buffer, signal: AbortSignal): Promise<void> {
    this.#name = await this.#untilRunning(signal);
    await this.#bringIn(archive, signal);
    this.#openGate();
    void this.#follow();
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#warm.promise, this.ended, aborted.promise]);
    } catch (error) {
      throw new SuiteTrouble((await this.explain()) ?? failureOf(error, `warming suite "${this.#options.job}"`));
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Takes up a pod that somebody else has brought as far as it is: its log is read from the start, and followed from there.
   * @returns false when there is none whose files can be had
   * @throws RunError when the cluster cannot be asked
   */
  async adopt(signal: AbortSignal): Promise<boolean> {
    const pod = await this.#find(signal);
    if (!pod || pod.metadata?.deletionTimestamp || !containerStatusOf(pod, 'files')?.state?.running) return false;
    this.#name = pod.metadata?.name ?? '';
    void this.#follow(await readNumberedLog(this.#options.kubernetes, { ...this.#reading(), signal }));
    return true;
  }

  get standing(): Standing {
    if (this.#told.startedAt !== null) return 'begun';
    if (this.#told.finished) return 'broken';
    return this.#told.warm ? 'warm' : 'unready';
  }

  /** Epoch milliseconds of its beginning, by the pod's clock; null before `go`. */
  get startedAt(): number | null {
    return this.#told.startedAt;
  }

  /**
   * `go`: one message over the connection that waits for it, or a new one where that has been lost.
   * @throws SuiteTrouble when neither comes through
   */
  async release(): Promise<void> {
    const gate = this.#gate;
    this.#gate = null;
    if (gate) {
      gate.stdin.write('go');
      const passed = await gate.closed.then(
        (result) => result.exitCode === 0,
        () => false,
      );
      if (passed) return;
    }
    try {
      await this.#mark('go');
    } catch (error) {
      throw new SuiteTrouble((await this.explain()) ?? failureOf(error, `releasing suite "${this.#options.job}"`));
    }
  }

  /** Ends the suite as its time-out would; its reports are still written. */
  cancel(): Promise<void> {
    return this.#mark('cancel');
  }

  /** The results into `folder`. @throws RunError when they cannot be had after three attempts; the signal's reason when aborted */
  async fetch(folder: string, signal?: AbortSignal): Promise<OutputFile[]> {
    for (let attempt = 1; ; attempt++) {
      const { sink, files } = receiveOutputs(folder);
      try {
        const limit = AbortSignal.any([AbortSignal.timeout(fetchMs), ...(signal ? [signal] : [])]);
        const request = { ...this.#target(), command: [node, filesProgram, 'get'], stdout: sink, signal: limit };
        const { exitCode, stderr } = await execInPod(this.#options.kubernetes, request);
        if (exitCode !== 0) throw new Error(`files.ts get: exit code ${exitCode}: ${stderr.slice(0, 500)}`);
        sink.end();
        return await files;
      } catch (error) {
        sink.destroy();
        await files.catch(() => undefined);
        signal?.throwIfAborted();
        if (attempt === attempts) throw error;
      }
    }
  }

  /** The files are fetched or not wanted: the pod ends by itself. Never rejects; teardown ends what does not. */
  async letGo(): Promise<void> {
    if (this.#name) await this.#mark('release').catch(() => undefined);
    this.leave();
  }

  /** Nobody looks at it from here any more; the pod goes on as it is. */
  leave(): void {
    this.#over.abort();
  }

  async #untilRunning(signal: AbortSignal): Promise<string> {
    for (;;) {
      const pod = await this.#find(signal).catch(() => signal.throwIfAborted());
      if (signal.aborted) throw new SuiteTrouble(explainAbsence(this.#options.job, await this.#facts(pod ?? null)));
      if (pod && containerStatusOf(pod, 'files')?.state?.running) return pod.metadata?.name ?? '';
      // Its evidence is asked for only when there is something to explain.
      const isBroken = pod ? explainPod(this.#options.job, { pod, events: [], lastLines: [] }) !== null : false;
      const failure = pod && isBroken ? explainPod(this.#options.job, await this.#facts(pod)) : null;
      if (failure) throw new SuiteTrouble(failure);
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #find(signal: AbortSignal): Promise<V1Pod | undefined> {
    const { kubernetes, namespace, job } = this.#options;
    const pods = await listJobPods(kubernetes, namespace, job, AbortSignal.any([signal, AbortSignal.timeout(shortMs)]));
    return pods.find((pod) => completionIndexOf(pod) === this.shard);
  }

  async #bringIn(archive: Buffer, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const command = [node, filesProgram, 'put', String(archive.length)];
        const request = { ...this.#target(), command, stdin: archive, signal };
        const { exitCode, stderr } = await execInPod(this.#options.kubernetes, request);
        if (exitCode === 0) return;
        throw new Error(`files.ts put: exit code ${exitCode}: ${stderr.slice(0, 500)}`);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === attempts) throw error;
        await delay(pollMs, undefined, { signal });
      }
    }
  }

  #openGate(): void {
    const stdin = new PassThrough();
    const request = { ...this.#target(), command: [node, filesProgram, 'gate'], stdin, signal: this.#over.signal };
    const closed = execInPod(this.#options.kubernetes, request);
    closed.catch(() => undefined);
    this.#gate = { stdin, closed };
  }

  async #follow(after: LinePlace = { seq: 0, t: 0 }): Promise<void> {
    try {
      if (!this.#told.finished) {
        const request = { ...this.#reading(), after, signal: this.#over.signal };
        await followNumberedLog(this.#options.kubernetes, request);
      }
      const { finished } = this.#told;
      this.#ended.resolve({ finished, failure: finished ? null : await this.explain() });
    } catch (error) {
      this.#ended.resolve({ finished: null, failure: failureOf(error, `following suite "${this.#options.job}"`) });
    }
  }

  #reading() {
    const isLast = (line: NumberedLine) => line.kind === 'finished';
    return { ...this.#target('suite'), isLast, onLine: (line: NumberedLine) => this.#take(line) };
  }

  #take(line: NumberedLine): void {
    if (line.kind === 'warm') {
      this.#told.warm = true;
      this.#warm.resolve();
    }
    if (line.kind === 'started') this.#told.startedAt = line.t;
    if (line.kind === 'finished') this.#told.finished = Finished.safeParse(line.finished).data ?? null;
    this.#options.onLine(line);
  }

  /** Reads the pod as it is now. Never rejects: without evidence there is still a failure to report. */
  async explain(): Promise<SuiteFailure | null> {
    const pod = await this.#find(AbortSignal.timeout(shortMs)).catch(() => undefined);
    const facts = await this.#facts(pod ?? null);
    const failure = explainPod(this.#options.job, facts);
    if (failure || pod) return failure;
    const message = `the pod of suite "${this.#options.job}" is gone`;
    return { status: 'errored', class: 'infrastructure', code: 'SUITE_POD_DELETED', message, evidence: facts.events };
  }

  async #facts(pod: V1Pod | null): Promise<PodFacts> {
    const { kubernetes, namespace, job } = this.#options;
    const signal = AbortSignal.timeout(shortMs);
    const events = await listEventLines(kubernetes, namespace, pod?.metadata?.name ?? job, signal).catch(() => []);
    const source = { ...this.#target('suite'), follow: false, tailLines: 10, signal };
    const log = pod && this.#name ? await openLog(kubernetes, source).then(text, () => '') : '';
    const lastLines = log
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(0, 300));
    return { pod, events, lastLines };
  }

  async #mark(mark: 'go' | 'cancel' | 'release'): Promise<void> {
    const command = [node, filesProgram, 'touch', mark];
    await execInPod(this.#options.kubernetes, { ...this.#target(), command, signal: AbortSignal.timeout(shortMs) });
  }

  #target(container = 'files'): { namespace: string; pod: string; container: string } {
    return { namespace: this.#options.namespace, pod: this.#name, container };
  }
}
