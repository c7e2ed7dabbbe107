import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { randomInteger, seededEntropy } from "../../src/base/entropy.ts";
import { checkWhatIsLeft, killedWriter, nothingSaid, type Said } from "./rounds.ts";

const full = process.env.TIMONIER_TEST_SIZE === "full";
const rounds = full ? 100 : 8;
const seed = Number(process.env.TIMONIER_TEST_SEED ?? 1);

let base: string;
let layer: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "timonier-power-"));
  layer = join(base, "power-loss.so");
  try {
    execFileSync("gcc", [
      "-shared",
      "-fPIC",
      "-O1",
      "-Wall",
      "-o",
      layer,
      join(import.meta.dirname, "power-loss.c"),
      "-ldl",
      "-lpthread",
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(
      "the power-loss check builds its layer with gcc, and there is none: install it (apt-get install gcc libc6-dev)",
    );
  }
});
afterAll(() => rmSync(base, { recursive: true }));

interface PowerCut {
  readonly directory: string;
  readonly noSync: boolean;
  readonly writebackPercent: number;
  readonly killAfterMs: number;
  /** Every sync after so many fails. */
  readonly failAfterSyncs?: number;
}

/** A writer that is killed; then the database file becomes what was synced. Gives the counts of the layer. */
async function powerCut(cut: PowerCut, said: Said): Promise<number[]> {
  const file = join(cut.directory, "store.mdb");
  const image = join(base, "image");
  const counts = join(base, "counts");
  writeFileSync(counts, "");
  if (existsSync(file)) copyFileSync(file, image);
  else rmSync(image, { force: true });
  const environment = {
    LD_PRELOAD: layer,
    POWER_LOSS_FILE: file,
    POWER_LOSS_IMAGE: image,
    POWER_LOSS_COUNTS: counts,
    POWER_LOSS_WRITEBACK: String(cut.writebackPercent),
    ...(cut.failAfterSyncs !== undefined && { POWER_LOSS_FAIL_AFTER: String(cut.failAfterSyncs) }),
  };
  try {
    await killedWriter({ directory: cut.directory, noSync: cut.noSync, environment, killAfterMs: cut.killAfterMs }, said);
  } finally {
    copyFileSync(image, file);
    rmSync(`${file}-lock`, { force: true });
  }
  return readFileSync(counts, "utf8").trim().split(/\s+/).map(Number);
}

async function cutRounds(noSync: boolean, number: number): Promise<void> {
  const entropy = seededEntropy(seed);
  const directory = mkdtempSync(join(base, "store-"));
  const said = nothingSaid();
  for (let round = 0; round < number; round++) {
    const writebackPercent = [0, 30, 70][round % 3] ?? 0;
    const cut = { directory, noSync, writebackPercent, killAfterMs: 20 + randomInteger(entropy, 300) };
    const acknowledgedBefore = said.totalAcknowledged;
    const [waited = 0, direct = 0, syncs = 0] = await powerCut(cut, said);
    // A writer that was killed before it wrote anything proves nothing, and hides nothing.
    if (!noSync && said.totalAcknowledged > acknowledgedBefore) {
      // The layer saw the pages, the meta page and the syncs: otherwise the check would prove nothing.
      expect(waited).toBeGreaterThan(0);
      expect(direct).toBeGreaterThan(0);
      expect(syncs).toBeGreaterThan(0);
    }
    await checkWhatIsLeft(directory, said);
  }
  expect(said.totalAcknowledged).toBeGreaterThan(number * 5);
}

test(`${rounds} power cuts lose nothing that was acknowledged`, { timeout: 900_000 }, async () => {
  await cutRounds(false, rounds);
  console.log(`${rounds} passed, 0 failed (seed ${seed})`);
});

test("with syncing switched off the same check fails", { timeout: 300_000 }, async () => {
  await expect(cutRounds(true, rounds)).rejects.toThrow(/was acknowledged|was seen|damaged/);
});

test("a failed sync ends the writer, and what was acknowledged before is there", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(base, "store-"));
  const said = nothingSaid();
  const cut = { directory, noSync: false, writebackPercent: 30, killAfterMs: 20_000, failAfterSyncs: 40 };
  await expect(powerCut(cut, said)).rejects.toThrow(/cannot write any more/);
  expect(said.totalAcknowledged).toBeGreaterThan(5);
  await checkWhatIsLeft(directory, said);
});
