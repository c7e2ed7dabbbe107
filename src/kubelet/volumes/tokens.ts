/**
 * Bound tokens of ServiceAccounts for projected volumes, asked for anew when four fifths of their life, or a day, are over.
 * https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
import type { TokenRequest } from "../../api/generated/core-v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { ReadonlyPod } from "../pod/containers.ts";
import { TOKEN_SECONDS } from "./sources.ts";

export interface Tokens {
  /** Rejects with an Error in the words of the Event. */
  get(pod: ReadonlyPod, audience: string, expirationSeconds: number | undefined): Promise<string>;
  /** Until the first of the Pod's tokens is due; undefined where it has none. */
  refreshInMs(pod: ReadonlyPod): number | undefined;
  forget(uid: string): void;
}

export type RequestToken = (pod: ReadonlyPod, audiences: string[], expirationSeconds: number) => Promise<TokenRequest>;

const DAY_MS = 86_400_000;

export function createTokens(clock: Clock, request: RequestToken): Tokens {
  const known = new Map<string, Map<string, { token: string; refreshMs: number }>>();
  return {
    async get(pod, audience, expirationSeconds = TOKEN_SECONDS) {
      const { uid } = pod.metadata;
      const own = known.get(uid) ?? new Map<string, { token: string; refreshMs: number }>();
      known.set(uid, own);
      const key = `${audience} ${expirationSeconds}`;
      const held = own.get(key);
      if (held !== undefined && held.refreshMs > clock.now()) return held.token;
      try {
        const { status } = await request(pod, audience === "" ? [] : [audience], expirationSeconds);
        const nowMs = clock.now();
        const lifeMs = Date.parse(status.expirationTimestamp) - nowMs;
        own.set(key, { token: status.token, refreshMs: nowMs + Math.min(lifeMs * 0.8, DAY_MS) });
        return status.token;
      } catch (error) {
        throw new Error(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
    refreshInMs({ metadata: { uid } }) {
      const moments = [...(known.get(uid)?.values() ?? [])].map(({ refreshMs }) => refreshMs);
      return moments.length === 0 ? undefined : Math.max(1_000, Math.min(...moments) - clock.now());
    },
    forget: (uid) => void known.delete(uid),
  };
}
