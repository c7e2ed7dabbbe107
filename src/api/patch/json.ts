/** JSON values as the patches of this folder see them: parsed, shared with their owners, never changed. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export const has = (object: JsonObject, key: string): boolean => Object.hasOwn(object, key);

/** Sets a member of an object of ours. A member named `__proto__` is data like any other. */
export function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Go's name of a JSON value's type, as it stands in messages. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (isList(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  return Number.isInteger(value) ? "int64" : "float64";
}

/** Go's word for a JSON value that does not fit its place: `cannot unmarshal array into …`. */
export function jsonTypeOf(value: unknown): string {
  if (isList(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
