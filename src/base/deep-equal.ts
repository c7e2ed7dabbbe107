/** True where two JSON values are equal: the order of members does not count, absent and undefined are the same. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  for (const key of Object.keys(x)) if (!deepEqual(x[key], y[key])) return false;
  for (const key of Object.keys(y)) if (y[key] !== undefined && (!Object.hasOwn(x, key) || x[key] === undefined)) return false;
  return true;
}
