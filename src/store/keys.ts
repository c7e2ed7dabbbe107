/**
 * The order of keys is that of their UTF-8 bytes, on every backend. Strings compare by UTF-16 units, which differs above U+D7FF
 * alone: there surrogates (which stand for U+10000 and beyond) have to come last.
 */
import { assert } from "../base/assert.ts";

const OUT_OF_ORDER = /[\uD800-\uFFFF]/;
const OUT_OF_ORDER_ALL = /[\uD800-\uFFFF]/g;

/**
 * `key` in a form in which `<` orders by UTF-8 bytes. Character by character, one to one: what is a prefix stays one. Names are
 * nearly always ASCII, and then it is `key` itself.
 */
export function sortableKey(key: string): string {
  if (!OUT_OF_ORDER.test(key)) return key;
  return key.replace(OUT_OF_ORDER_ALL, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
  });
}

/** The longest key, in bytes of UTF-8: a Kubernetes name, namespace, group and resource fit three times. */
export const MAX_KEY_BYTES = 1900;

export function checkKey(key: string): void {
  assert(key.length > 0, "a key is empty");
  assert(key.isWellFormed(), "a key is not well-formed Unicode");
}
