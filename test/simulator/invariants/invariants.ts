import { capacityKept } from './capacity-kept.ts';
import { deliveriesKept } from './deliveries-kept.ts';
import { everythingEnds } from './everything-ends.ts';
import { headsConcluded } from './heads-concluded.ts';
import { holdersLeftAlone } from './holders-left-alone.ts';
import type { Invariant } from './invariant.ts';
import { lateEffectsRepaired } from './late-effects-repaired.ts';
import { leaseBeforeEffect } from './lease-before-effect.ts';
import { lookedBeforeEffect } from './looked-before-effect.ts';
import { newestOwnsWords } from './newest-owns-words.ts';
import { nobodyStarves } from './nobody-starves.ts';
import { nothingLeft } from './nothing-left.ts';
import { oneComment } from './one-comment.ts';
import { oneEnvironment } from './one-environment.ts';
import { playersReplaced } from './players-replaced.ts';
import { rowsGoForward } from './rows-go-forward.ts';
import { stuckIsNamed } from './stuck-is-named.ts';
import { suitesEnd } from './suites-end.ts';
import { wantedEnvironmentsStand } from './wanted-environments-stand.ts';

/** All that must hold, in the order in which people ask about it. */
export const invariants: readonly Invariant[] = [
  nothingLeft,
  headsConcluded,
  newestOwnsWords,
  leaseBeforeEffect,
  lookedBeforeEffect,
  rowsGoForward,
  lateEffectsRepaired,
  stuckIsNamed,
  wantedEnvironmentsStand,
  oneComment,
  oneEnvironment,
  suitesEnd,
  playersReplaced,
  holdersLeftAlone,
  capacityKept,
  nobodyStarves,
  deliveriesKept,
  everythingEnds,
];
