import { readdirSync, readFileSync } from 'node:fs';
import { kill } from 'node:process';

/**
 * Ends every process of a session with SIGKILL. A session, not a process group: Pulumi puts its provider into a group of its
 * own, but a child that was started detached is the leader of a session that none of its descendants leaves.
 * @param sessionId the process id of the child that was started detached
 */
export function endSession(sessionId: number): void {
  for (const processId of [...membersOf(sessionId), -sessionId]) {
    try {
      kill(processId, 'SIGKILL');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
    }
  }
}

/** Process ids of a session, its leader last, so that nothing is left to start others; empty where there is no `/proc`. */
export function membersOf(sessionId: number): number[] {
  return processIds()
    .filter((processId) => sessionOf(processId) === sessionId)
    .sort((a, b) => Number(a === sessionId) - Number(b === sessionId));
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Field 6 of `/proc/<pid>/stat`, counted after the command's name, which may hold spaces and brackets itself. */
function sessionOf(processId: number): number | null {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return null;
  }
}
