/** A real node under random faults: see faults.ts. A seed gives the same faults at the same moments; the machine decides what they hit. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock, sleep } from "../../src/base/clock.ts";
import { seededEntropy } from "../../src/base/entropy.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { createWorkloads, type Faults, faultRound, newFaults, unsettled } from "./faults.ts";
import { whyNot } from "./namespaces.ts";
import { nodeComplaints } from "./node-state.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { IMAGE } from "./real-pods.ts";
import { whatIsThere } from "./what-is-there.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const full = process.env.TIMONIER_TEST_SIZE === "full";
const rounds = Number(process.env.TIMONIER_TEST_ROUNDS ?? (full ? 50 : 4));
const seed = Number(process.env.TIMONIER_TEST_SEED ?? 1);
const SETTLE_LIMIT_MS = 120_000;
const LOOK_MS = 100;

describe.skipIf(missing !== undefined)("a node under faults", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await openCluster();
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
    await createWorkloads(cluster);
  }, 120_000);
  afterAll(() => cluster?.close());

  /** Resolves with what is wrong still when it should have settled long ago. */
  async function settle(faults: Faults): Promise<string[]> {
    const deadline = realClock.monotonic() + SETTLE_LIMIT_MS;
    for (;;) {
      const complaints = await look(faults).catch((error: unknown) => [String(error)]);
      if (complaints.length === 0 || realClock.monotonic() > deadline) return complaints;
      await sleep(realClock, LOOK_MS);
    }
  }
  async function look(faults: Faults): Promise<string[]> {
    const waiting = await unsettled(faults);
    return waiting.length > 0 ? waiting : nodeComplaints(faults);
  }

  test(`a node is as it was asked to be after each of ${rounds} rounds of faults, with nothing twice and nothing left over`, {
    timeout: 60_000 + rounds * (SETTLE_LIMIT_MS + 30_000),
  }, async () => {
    console.log(`seed ${seed}`);
    const faults = newFaults(cluster, seededEntropy(seed));
    expect(await settle(faults), "before the first round").toEqual([]);
    for (let round = 1; round <= rounds; round++) {
      const what = await faultRound(faults);
      const sinceMs = realClock.monotonic();
      const complaints = await settle(faults);
      console.log(`round ${round}: ${what}; settled in ${Math.round(realClock.monotonic() - sinceMs)} ms`);
      expect(complaints, `seed ${seed}, round ${round}: ${what}`).toEqual([]);
    }
    console.log(`${rounds} passed, 0 failed (seed ${seed}; killed: ${JSON.stringify(faults.killed)})`);
  });

  test("a node that is deleted after faults leaves nothing behind", { timeout: 60_000 }, async () => {
    await cluster.timonier("down", "--delete");
    expect(await whatIsThere(cluster.namespaces, cluster.cgroupRoot)).toEqual(cluster.before);
  });
});
