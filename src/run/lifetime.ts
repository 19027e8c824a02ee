export interface Life {
  /** All in milliseconds; instants since the epoch. When it was used last. */
  activeAt: number;
  /** How long it is to stand after that. */
  forMs: number;
  /** When its room was reserved; null before that. */
  bornAt: number | null;
  /** The operator's bound, from its creation. */
  mostMs: number;
}

export interface Lifetime {
  until: number;
  /** The operator's bound, where it made the time shorter than was asked. */
  longestMs: number | null;
}

/** PURE. Until when an environment stands: as long as asked after its last use, and never longer after its creation than the operator allows. */
export function lifetimeOf({ activeAt, forMs, bornAt, mostMs }: Life): Lifetime {
  const asked = activeAt + forMs;
  const latest = (bornAt ?? activeAt) + mostMs;
  return asked <= latest ? { until: asked, longestMs: null } : { until: latest, longestMs: mostMs };
}
