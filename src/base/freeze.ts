/**
 * Freezes a JSON value with all that is in it, and gives it back.
 *
 * The field sets of managedFields stay as they are: they are more than half of what many an object consists of, each of another
 * shape, so that freezing them costs more than parsing the whole; and nobody looks into them but the API server.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const key in value) if (key !== "fieldsV1") deepFreeze(value[key]);
  return Object.freeze(value);
}
