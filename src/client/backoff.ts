/** Delays that double with every failure, up to a limit, with jitter where many would otherwise come back at once. */
import { type Entropy, randomInteger } from "../base/entropy.ts";

export interface BackoffLimits {
  baseMs: number;
  maxMs: number;
}

/** The delay after `failures` failures (1 for the first). */
export const backoffMs = ({ baseMs, maxMs }: BackoffLimits, failures: number): number =>
  Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 40));

/** Something between `delayMs` and 1.5 times as much. */
export const jittered = (entropy: Entropy, delayMs: number): number =>
  delayMs + randomInteger(entropy, Math.max(1, Math.floor(delayMs / 2)));
