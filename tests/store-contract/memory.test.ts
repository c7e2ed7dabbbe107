import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { storeContract } from "./suite.ts";

const full = process.env.TIMONIER_TEST_SIZE === "full";

storeContract({
  name: "memory",
  open: async (clock) => createMemoryStore({ clock }),
  cleanUp: async () => {},
  seeds: full ? 200 : 20,
  steps: 200,
});
