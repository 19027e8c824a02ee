/** What an environment asks of the cluster: the sum of its pods' requests, as the scheduler counts them. */
export interface Demand {
  /** Thousandths of a core. */
  millicores: number;
  bytes: number;
  pods: number;
}

export const nothing: Demand = { millicores: 0, bytes: 0, pods: 0 };

export function plus(one: Demand, other: Demand): Demand {
  return {
    millicores: one.millicores + other.millicores,
    bytes: one.bytes + other.bytes,
    pods: one.pods + other.pods,
  };
}

export function minus(one: Demand, other: Demand): Demand {
  return plus(one, { millicores: -other.millicores, bytes: -other.bytes, pods: -other.pods });
}

export function fits(demand: Demand, room: Demand): boolean {
  return demand.millicores <= room.millicores && demand.bytes <= room.bytes && demand.pods <= room.pods;
}

export function atMost(demand: Demand, most: Demand): Demand {
  return {
    millicores: Math.min(demand.millicores, most.millicores),
    bytes: Math.min(demand.bytes, most.bytes),
    pods: Math.min(demand.pods, most.pods),
  };
}

/** The largest part of the whole that a demand takes of any resource: its dominant share (Ghodsi et al., NSDI 2011). */
export function dominantShare(demand: Demand, whole: Demand): number {
  const part = (mine: number, all: number) => (mine === 0 ? 0 : mine / all);
  return Math.max(
    part(demand.millicores, whole.millicores),
    part(demand.bytes, whole.bytes),
    part(demand.pods, whole.pods),
  );
}
