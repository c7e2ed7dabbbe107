/**
 * Whether two JSON values say the same: key order does not count, a member that is undefined, null or an empty list is one that is
 * not there. Zero, false and "" are values of their own, since for pointers they are. (deepEqual of src/base is stricter: there null and
 * the empty list are values, too.)
 */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => sameContent(item, b[index]));
  }
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  for (const key of Object.keys(x)) if (!sameContent(x[key], y[key])) return false;
  for (const key of Object.keys(y)) if (!(key in x) && !isAbsent(y[key])) return false;
  return true;
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
