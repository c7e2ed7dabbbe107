import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { randomInteger, seededEntropy } from "../../src/base/entropy.ts";
import { checkWhatIsLeft, killedWriter, nothingSaid } from "./rounds.ts";

const full = process.env.TIMONIER_TEST_SIZE === "full";
const rounds = full ? 220 : 15;
const seed = Number(process.env.TIMONIER_TEST_SEED ?? 1);

test(`a writer killed ${rounds} times at random instants loses, tears and invents nothing`, { timeout: 900_000 }, async () => {
  const entropy = seededEntropy(seed);
  const directory = mkdtempSync(join(tmpdir(), "timonier-crash-"));
  const said = nothingSaid();
  try {
    for (let round = 1; round <= rounds; round++) {
      // Every eighth is killed while it starts.
      const killAfterMs = round % 8 === 0 ? -1 - randomInteger(entropy, 300) : randomInteger(entropy, 250);
      await killedWriter({ directory, killAfterMs }, said);
      await checkWhatIsLeft(directory, said);
    }
    // The rounds met a working store.
    expect(said.totalAcknowledged).toBeGreaterThan(rounds * 10);
    console.log(`${rounds} passed, 0 failed (${said.totalAcknowledged} transactions acknowledged, seed ${seed})`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
