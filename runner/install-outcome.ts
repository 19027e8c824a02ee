import { posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { ProxyAnswer } from './npm-proxy.ts';
import { BrokenSuite } from './task.ts';

export interface FailedInstall {
  /** The project's folder in the repository. */
  folder: string;
  proxy: string;
  /** What npm printed. */
  output: string;
  /** What the proxy says about the address that npm asked last; null where npm named none. */
  answer: ProxyAnswer | null;
}

/** The files of the project do not fit each other, or not this Node. */
const lockFaults = /^(?:EUSAGE|EJSONPARSE|ERESOLVE|EBADENGINE|EBADPLATFORM|EINVALIDPACKAGENAME|EINVALIDTAGNAME)$/;
/** The registry answers, and does not give what the lock file names. */
const packageFaults = /^(?:E401|E403|E404|ENEEDAUTH|ETARGET|ENOVERSIONS|EINTEGRITY|EUNSUPPORTEDPROTOCOL)$/;
const ownImage = 'name an image of your own in suites[].image';
const maximumWords = 600;

/** PURE. Why `npm ci` failed, and so whose turn it is. */
export function judgeInstall({ folder, proxy, output, answer }: FailedInstall): BrokenSuite {
  const { code, words } = readErrors(output);
  const where = packagesIn(folder);
  if (answer && 'silence' in answer) return proxySilent(proxy, answer.silence);
  if (lockFaults.test(code)) {
    const hint = `Run "npm ci" in "${folder}": it must work from the committed files alone. Or ${ownImage}.`;
    return new BrokenSuite('E2E_LOCK_BROKEN', `${where} cannot be installed from the lock file: ${words}`, hint);
  }
  if (answer && Math.floor(answer.status / 100) !== 2) {
    const message = `the proxy "${proxy}" answers ${answer.status} when ${where} are fetched: ${words}`;
    return new BrokenSuite(
      'E2E_PROXY_REFUSED',
      message,
      'Let the proxy of GREENROOM_BUILD_PROXY through to that registry.',
    );
  }
  if (packageFaults.test(code) || /\bspawn git\b|\bgit error\b/.test(output)) {
    const hint = `The registry must have each locked package, for anybody, and without git. Or ${ownImage}.`;
    return new BrokenSuite('E2E_PACKAGE_MISSING', `${where} cannot be had: ${words}`, hint);
  }
  const hint = `Run it again; if that gives the same, ${ownImage}.`;
  return new BrokenSuite('E2E_INSTALL_FAILED', `npm ci failed for ${where}: ${words}`, hint);
}

/** PURE. As messages call them: by the project's `package.json`. */
export function packagesIn(folder: string): string {
  return `the npm packages of "${posix.join(folder, 'package.json')}"`;
}

/** PURE. Nothing takes a connection at the proxy's address. */
export function proxySilent(proxy: string, why: string): BrokenSuite {
  const hint = "GREENROOM_BUILD_PROXY must be an address that the cluster's pods can reach.";
  return new BrokenSuite('E2E_PROXY_UNREACHABLE', `the proxy "${proxy}" cannot be reached: ${why}`, hint);
}

/** PURE. `host:port` of the last address that npm could not get something from, where that is behind TLS. */
export function lastTarget(output: string): string | null {
  const found = [...output.matchAll(/(?:\bGET|\brequest to) (https:\/\/[^\s,]+)/g)].at(-1)?.[1];
  if (!found || !URL.canParse(found)) return null;
  const { hostname, port } = new URL(found);
  return `${hostname}:${port || 443}`;
}

/** npm's own lines, without what it says to everybody. */
function readErrors(output: string): { code: string; words: string } {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .flatMap((line) => /^npm error ?(.*)$/.exec(line)?.[1]?.trim() ?? []);
  const usage = lines.indexOf('Clean install a project');
  const said = (usage < 0 ? lines : lines.slice(0, usage)).filter(
    (line) => !/^(?:code \S+|A complete log .*|)$/.test(line),
  );
  const code = lines.map((line) => /^code (\S+)$/.exec(line)?.[1]).find((found) => found !== undefined) ?? '';
  const words = said.join(' ').slice(0, maximumWords) || output.trim().slice(-maximumWords) || 'it said nothing';
  return { code, words };
}
