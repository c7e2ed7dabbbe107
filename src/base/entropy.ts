/**
 * Chance, injected. Keys, tokens and nonces come from the operating system's entropy; UIDs, generated names and jitter from
 * whatever the composition root chose, so that a simulated run can be repeated from its seed.
 */
import { encodeHex } from "./bytes.ts";

export interface Entropy {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
}

/** The operating system's. */
export const systemEntropy: Entropy = {
  bytes(length) {
    const bytes = new Uint8Array(length);
    // The platform refuses more than 64 KiB a call.
    for (let start = 0; start < length; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
    return bytes;
  },
};

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

/** A version 4 UUID. */
export function uuid(entropy: Entropy): string {
  const bytes = entropy.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = encodeHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
