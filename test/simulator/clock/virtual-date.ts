/**
 * A `Date` whose now is `wallMs()`. Its instances are the real Date's, so that `instanceof` holds across both and
 * nothing is slower.
 */
export function virtualDate(RealDate: DateConstructor, wallMs: () => number): DateConstructor {
  function VirtualDate(...args: unknown[]): Date | string {
    if (new.target === undefined) return new RealDate(wallMs()).toString();
    const values = args.length === 0 ? [wallMs()] : args;
    return Reflect.construct(RealDate, values, (new.target as unknown) === VirtualDate ? RealDate : new.target);
  }
  const statics = { now: () => Math.trunc(wallMs()), parse: RealDate.parse, UTC: RealDate.UTC };
  return Object.assign(VirtualDate, statics, { prototype: RealDate.prototype }) as unknown as DateConstructor;
}
