/**
 * What the writer process writes, so that the check can tell every value that was ever written from any other.
 *
 * Writer W puts, in its step N, its two keys in one transaction, with values that say W, N and fill up from both; every tenth step
 * puts a third key, which is deleted five steps later. Steps go on over restarts.
 */
import { encodeUtf8 } from "../../src/base/bytes.ts";
import type { Operation } from "../../src/store/store.ts";

export const WRITERS = 8;

export const keysOf = (writer: number): { first: string; second: string; nowAndThen: string } => ({
  first: `/crash/${writer}/first`,
  second: `/crash/${writer}/second`,
  nowAndThen: `/crash/${writer}/now-and-then`,
});

/** `W N filling`: of a length between nothing and several pages of the file. */
export function writtenValue(writer: number, step: number): Uint8Array {
  const length = (writer * 7919 + step * 104_729) % 9000;
  return encodeUtf8(`${writer} ${step} ${`${(writer * 31 + step) % 97};`.repeat(length / 3)}`);
}

export function operationsOf(writer: number, step: number): Operation[] {
  const keys = keysOf(writer);
  const value = writtenValue(writer, step);
  const operations: Operation[] = [
    { type: "put", key: keys.first, value, if: "any" },
    { type: "put", key: keys.second, value, if: "any" },
  ];
  if (step % 10 === 0) operations.push({ type: "put", key: keys.nowAndThen, value, if: "any" });
  if (step > 10 && step % 10 === 5) operations.push({ type: "delete", key: keys.nowAndThen, if: "any" });
  return operations;
}
