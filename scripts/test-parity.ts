/**
 * `npm run test:parity -- --kubeconfig F`: the behaviour tests that need only the API (`*.parity.test.ts`), against any cluster. What
 * upstream does not pass is wrong in the test, not in upstream.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({ options: { kubeconfig: { type: "string" } }, allowPositionals: true });
const kubeconfig = values.kubeconfig ?? process.env.KUBECONFIG;

if (kubeconfig === undefined || !existsSync(kubeconfig)) {
  console.error("name a cluster: npm run test:parity -- --kubeconfig FILE [title or folder …]");
  process.exit(2);
}

const root = join(import.meta.dirname, "..");
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", ...(positionals.length > 0 ? positionals : [".parity.test.ts"])],
  { cwd: root, stdio: "inherit", env: { ...process.env, TIMONIER_KUBECONFIG: resolve(kubeconfig) } },
);
process.exitCode = status ?? 1;
