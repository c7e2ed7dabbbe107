import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbStore } from "../../src/store/lmdb/lmdb-store.ts";
import { storeContract } from "./suite.ts";

const full = process.env.TIMONIER_TEST_SIZE === "full";
let directory: string | undefined;

storeContract({
  name: "lmdb",
  async open(clock) {
    directory = mkdtempSync(join(tmpdir(), "timonier-store-"));
    return openLmdbStore({ directory, clock });
  },
  async reopen(clock) {
    return openLmdbStore({ directory: directory ?? "", clock });
  },
  async cleanUp() {
    if (directory !== undefined) rmSync(directory, { recursive: true });
    directory = undefined;
  },
  seeds: full ? 60 : 4,
  steps: 150,
});
