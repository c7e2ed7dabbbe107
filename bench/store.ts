/**
 * What the stores do a second: `scripts/node bench/store.ts [memory|lmdb] [seconds]`. Values of 3 KB; the store of the directory
 * in TMPDIR. Prints one line a measurement.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../src/base/clock.ts";
import { openLmdbStore } from "../src/store/lmdb/lmdb-store.ts";
import { createMemoryStore } from "../src/store/memory/memory-store.ts";
import type { Store } from "../src/store/store.ts";

const VALUE = new Uint8Array(3000).fill(120);
const KEYS = 100_000;
const key = (index: number): string => `/registry/pods/namespace-${index % 100}/pod-${String(index).padStart(6, "0")}`;

/** Runs `work` from `writers` loops for some seconds and prints how often it was done. */
async function measure(title: string, writers: number, seconds: number, work: (index: number) => unknown): Promise<void> {
  const startedMs = realClock.monotonic();
  const endMs = startedMs + seconds * 1000;
  const latencies: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (realClock.monotonic() < endMs) {
        const beganMs = realClock.monotonic();
        await work(next++);
        latencies.push(realClock.monotonic() - beganMs);
      }
    }),
  );
  const tookSeconds = (realClock.monotonic() - startedMs) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(3);
  console.log(
    `${title.padEnd(44)} ${Math.round(latencies.length / tookSeconds)
      .toLocaleString("en")
      .padStart(9)} /s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
  );
}

async function bench(name: string, store: Store, seconds: number): Promise<void> {
  const put = (index: number) => store.commit([{ type: "put", key: key(index), value: VALUE, if: "any" }]);
  await measure(`${name}: create, 32 writers`, 32, seconds, (index) =>
    store.commit([{ type: "put", key: `/new${key(index)}`, value: VALUE, if: "absent" }]),
  );
  for (let start = 0; start < KEYS; start += 1000)
    await Promise.all(Array.from({ length: 1000 }, (_, offset) => put(start + offset)));
  await store.compact(await store.revision());
  console.log(`${name}: ${KEYS.toLocaleString("en")} keys`);
  const some = (index: number): number => (index * 7919) % KEYS;
  await measure(`${name}: update, 1 writer`, 1, seconds, (index) => put(some(index)));
  await measure(`${name}: update, 32 writers`, 32, seconds, (index) => put(some(index)));
  await measure(`${name}: update, 256 writers`, 256, seconds, (index) => put(some(index)));
  await measure(`${name}: get`, 1, seconds, (index) => store.get(key(some(index))));
  await measure(`${name}: page of 500`, 1, seconds, (index) =>
    store.range({ prefix: "/registry/pods/", after: key(some(index)), limit: 500 }),
  );
  const revision = await store.revision();
  await measure(`${name}: namespace of 1,000, as of a revision`, 1, seconds, (index) =>
    store.range({ prefix: `/registry/pods/namespace-${index % 100}/`, revision: revision - (index % 1000) }),
  );
  await measure(`${name}: count of 1,000`, 1, seconds, (index) => store.count(`/registry/pods/namespace-${index % 100}/`));
  const startedMs = realClock.monotonic();
  await store.compact(await store.revision());
  console.log(
    `${name}: compaction ${(realClock.monotonic() - startedMs).toFixed(0)} ms, ${((await store.sizeBytes()) / 1e6).toFixed(0)} MB in use`,
  );
}

const [which = "all", seconds = "2"] = process.argv.slice(2);
if (which !== "lmdb") await bench("memory", createMemoryStore({ clock: realClock }), Number(seconds));
if (which !== "memory") {
  const directory = mkdtempSync(join(tmpdir(), "timonier-bench-"));
  try {
    const store = await openLmdbStore({ directory, clock: realClock });
    await bench("lmdb", store, Number(seconds));
    console.log("lmdb:", JSON.stringify(store.statistics));
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}
