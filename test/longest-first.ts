import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Starts within each project the files that take longest before the others, so that no worker is left alone with a long
 * one at the end. The real faults take longest and mostly wait: journeys, which do not, go beside them. A journey takes
 * minutes, what uses a cluster up to a minute. The rest goes by Vitest's own measure, which a fresh checkout does not have: then by size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const places = new Map(sorted.map((file, place) => [file, place] as const));
    const rank = (file: TestSpecification) => [
      file.project.config.sequence.groupOrder,
      kinds.findIndex((kind) => kind.test(file.moduleId)),
      places.get(file) ?? 0,
    ];
    return sorted.sort((one, other) => compare(rank(one), rank(other)));
  }
}

const kinds = [/\/one-of-each\./, /\/journey-[a-z]+\.test\.ts$/, /\.cluster\.test\.ts$/, /\/simulation\./, /./];

function compare(one: number[], other: number[]): number {
  const differences = one.map((value, index) => value - (other[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
