/** What the parts of the contract suite share. */
import { decodeUtf8, encodeUtf8 } from "../../src/base/bytes.ts";
import type { VirtualClock } from "../../src/base/virtual-clock.ts";
import {
  type Operation,
  type Precondition,
  type Put,
  type Store,
  StoreError,
  type StoreEvent,
  type Watch,
} from "../../src/store/store.ts";

export interface Backend {
  readonly name: string;
  open(clock: VirtualClock): Promise<Store>;
  /** Opens what the last `open` left after `close`. */
  reopen?(clock: VirtualClock): Promise<Store>;
  cleanUp(): Promise<void>;
  /** Seeds and steps of the random checks. */
  readonly seeds: number;
  readonly steps: number;
}

/** The store of the present test, new and empty at its start. */
export interface Contract {
  store: Store;
  clock: VirtualClock;
  /** `key=text@revision` of every key under `prefix`. */
  keys(prefix: string, revision?: number): Promise<string[]>;
}

export const put = (key: string, value: string, condition: Precondition = "any", ttlSeconds?: number): Put => ({
  type: "put",
  key,
  value: encodeUtf8(value),
  if: condition,
  ...(ttlSeconds !== undefined && { ttlSeconds }),
});
export const remove = (key: string, condition: Precondition = "any"): Operation => ({ type: "delete", key, if: condition });
export const check = (key: string, condition: Precondition): Operation => ({ type: "check", key, if: condition });

export const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeUtf8(bytes);

/** The StoreError that `work` rejects with. */
export async function refusal(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(error)}`);
  return error;
}

export function collect(store: Store, prefix: string, after: number): { events: StoreEvent[]; ends: StoreError[]; watch: Watch } {
  const events: StoreEvent[] = [];
  const ends: StoreError[] = [];
  const watch = store.watch({ prefix, after, onEvents: (more) => events.push(...more), onEnd: (error) => ends.push(error) });
  return { events, ends, watch };
}
