import { type Figure, figureOf, median } from './figure.ts';
import type { BenchStage } from './stage.ts';
import { suiteRounds } from './suite-rounds.ts';

/** Who asks, as the application's access log names it. */
const suites = [
  { kind: 'smoke', agent: /^node$/, most: 500 },
  { kind: 'load', agent: /k6/, most: 500 },
  { kind: 'e2e', agent: /Chrome/, most: 1500 },
];

/** From one `go` for three warm pods until each suite's first request arrives at the application. */
export async function measureFirstRequest(stage: BenchStage): Promise<Figure[]> {
  const rounds = await suiteRounds(stage);
  return suites.map(({ kind, agent, most }) => {
    const times = rounds.map(({ access, goAt }) => {
      // Before `go` the readiness probe asks from a suite pod.
      const first = access.find((line) => line.at >= goAt && agent.test(line.agent));
      if (!first) throw new Error(`no request of the ${kind} suite is in the access log`);
      return first.at - goAt;
    });
    return figureOf({
      name: `go to the first request, ${kind}`,
      unit: 'ms',
      value: median(times),
      most,
      rounds: times,
    });
  });
}
