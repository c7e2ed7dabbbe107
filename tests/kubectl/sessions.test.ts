/**
 * Recorded sessions of the real kubectl against upstream, replayed against a server of our own: every byte that kubectl prints is
 * compared (facts/kubectl/README.md). Here is a sample of quick ones from different areas; `facts/kubectl/replay.py` runs all.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installTimonier, type Timonier } from "../cli/timonier.ts";
import { kubectlPath } from "./kubectl.ts";

const facts = join(import.meta.dirname, "../../facts/kubectl");

const SESSIONS = [
  "apply/create-configure-unchanged",
  "auth/certificates",
  "create/configmap-secret",
  "create/token",
  "delete/cascade",
  "delete/owner-references",
  "describe/daemonset",
  "errors/deprecated-and-warnings",
  "errors/quota-and-limits",
  "events/list-and-filter",
  "exec/proxy",
  "explain/versions",
  "get/field-selector",
  "get/subresources",
  "label/labels",
  "patch/replace",
  "patch/subresource",
  "rollout/statefulset",
  "scale/autoscale",
  "scale/preconditions",
  "wait/conditions",
];

let timonier: Timonier;
let kubeconfig: string;

beforeAll(async () => {
  timonier = installTimonier();
  const directory = timonier.directory();
  kubeconfig = join(directory, "kubeconfig");
  const node = ["--runtime", "simulated", "--simulated-nodes", "1", "--node-name", "node1"];
  await timonier.up(["--data-dir", directory, "--port", "0", ...node], "simulated node(s) ready");
}, 120_000);

afterAll(() => timonier.close());

/** What the replay said of one session. */
function replay(session: string): Promise<string> {
  const options = ["--kubeconfig", kubeconfig, "--kubectl", kubectlPath(), "--dir", facts, "--simulated", "--only", session];
  return new Promise((resolve) => {
    execFile("python3", [join(facts, "replay.py"), ...options], (error, stdout, stderr) => {
      resolve(error?.code === "ENOENT" ? "python3 is needed to replay sessions" : `${stdout}${stderr}`);
    });
  });
}

// Each session has a namespace of its own.
describe.concurrent("kubectl prints what it prints on upstream", () => {
  test.each(SESSIONS)(
    "%s",
    async (session) => {
      expect(await replay(session)).toMatch(/^PASS /);
    },
    180_000,
  );
});
