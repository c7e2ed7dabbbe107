/**
 * Recorded sessions of the real kubectl against upstream, replayed against a server of our own: every byte that kubectl prints is
 * compared (facts/kubectl/README.md). Here is a sample of quick ones from different areas; `facts/kubectl/replay.py` runs all.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installTimonier, type Timonier } from "../cli/timonier.ts";
import { kubectlPath } from "./kubectl.ts";

const facts = join(import.meta.dirname, "../../facts/kubectl");

const SESSIONS = [
  "apply/create-configure-unchanged",
  "auth/can-i",
  "auth/certificates",
  "create/configmap-secret",
  "delete/owner-references",
  "describe/configmap-secret",
  "describe/daemonset",
  "events/list-and-filter",
  "explain/versions",
  "get/field-selector",
  "label/labels",
  "patch/replace",
  "rollout/statefulset",
  "scale/preconditions",
  "set/image-env-resources",
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
function replay(session: string): string {
  const options = ["--kubeconfig", kubeconfig, "--kubectl", kubectlPath(), "--dir", facts, "--simulated", "--only", session];
  const { stdout, stderr, error } = spawnSync("python3", [join(facts, "replay.py"), ...options], { encoding: "utf8" });
  if (error) throw new Error(`python3 is needed to replay sessions: ${error.message}`);
  return `${stdout}${stderr}`;
}

test.each(SESSIONS)(
  "kubectl prints what it prints on upstream: %s",
  (session) => {
    expect(replay(session)).toMatch(/^PASS /);
  },
  120_000,
);
