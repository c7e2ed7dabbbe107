/**
 * Chance, injected. Keys, tokens and nonces come from the operating system's entropy; UIDs, generated names and jitter from
 * whatever the composition root chose, so that a simulated run can be repeated from its seed.
 */

export interface Entropy {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** The platform refuses more in one call. */
const MOST_BYTES = 65_536;
const POOL_BYTES = 4096;

/** A call into the platform costs far more than the bytes: small wishes are met from a pool, each byte of it given out once. */
function pooledEntropy(fill: (bytes: Uint8Array<ArrayBuffer>) => void): Entropy {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(length) {
      if (length > POOL_BYTES / 8) {
        const bytes = new Uint8Array(length);
        for (let start = 0; start < length; start += MOST_BYTES) fill(bytes.subarray(start, start + MOST_BYTES));
        return bytes;
      }
      if (used + length > POOL_BYTES) {
        fill(pool);
        used = 0;
      }
      const bytes = pool.slice(used, used + length);
      // What was given out is not kept: a key must not be found in the pool later.
      pool.fill(0, used, used + length);
      used += length;
      return bytes;
    },
  };
}

/** The operating system's. */
export const systemEntropy: Entropy = pooledEntropy((bytes) => crypto.getRandomValues(bytes));

/** The same bytes for the same seed (sfc32). Not for anything secret. */
export function seededEntropy(seed: number): Entropy {
  let a = seed | 0;
  let b = (seed ^ 0x9e3779b9) | 0;
  let c = (seed ^ 0x243f6a88) | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum;
  };
  for (let round = 0; round < 16; round++) next();
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index++) bytes[index] = next() & 0xff;
      return bytes;
    },
  };
}

/** `hex[n]`: the two digits of a byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A version 4 UUID. */
export function uuid(entropy: Entropy): string {
  const bytes = entropy.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const at = (index: number): string => HEX[bytes[index] ?? 0] ?? "";
  return `${at(0)}${at(1)}${at(2)}${at(3)}-${at(4)}${at(5)}-${at(6)}${at(7)}-${at(8)}${at(9)}-${at(10)}${at(11)}${at(12)}${at(13)}${at(14)}${at(15)}`;
}

/** A whole number in [0, bound); `bound` at most 2^32. */
export function randomInteger(entropy: Entropy, bound: number): number {
  const limit = Math.floor(2 ** 32 / bound) * bound;
  for (;;) {
    const bytes = entropy.bytes(4);
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (value < limit) return value % bound;
  }
}

/** The letters that the API server and controllers put into generated names: no vowels, nothing that looks alike. */
const NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** `length` letters for the end of a generated name. */
export function randomSuffix(entropy: Entropy, length = 5): string {
  let text = "";
  for (let index = 0; index < length; index++) text += NAME_LETTERS[randomInteger(entropy, NAME_LETTERS.length)];
  return text;
}

/** The words of a hash in the same letters, as in the pod-template-hash label. */
export function safeEncode(text: string): string {
  return [...text].map((character) => NAME_LETTERS[character.charCodeAt(0) % NAME_LETTERS.length]).join("");
}
