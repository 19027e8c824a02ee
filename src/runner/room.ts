import { clusterRoom } from '../environment/cluster-room.ts';
import type { ClusterApi } from '../kubernetes/api-request.ts';
import type { Room } from '../store/admission.ts';

/** The cluster's nodes and other people's pods do not change by the second. */
const freshMs = 10_000;

/** What the cluster has to give away, asked at most every 10 s. */
export function roomOf(
  kubernetes: ClusterApi,
  { instance, mostEnvironments }: { instance: string; mostEnvironments: number },
): (signal: AbortSignal) => Promise<Room> {
  let known: { at: number; room: Room } | undefined;
  return async (signal) => {
    if (known !== undefined && performance.now() - known.at < freshMs) return known.room;
    const capacity = await clusterRoom(kubernetes, instance, signal);
    known = { at: performance.now(), room: { capacity, mostEnvironments } };
    return known.room;
  };
}
