/** A public App can be installed by anybody: that alone gives nobody a place here. Without names everybody who has installed it has one. PURE. */
export function isServed(owners: readonly string[], owner: string): boolean {
  return owners.length === 0 || owners.some((one) => one.toLowerCase() === owner.toLowerCase());
}
