import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseRuleset } from "./base-ruleset.ts";
import { NodeNetworkError, runCommand } from "./commands.ts";
import { setUpNodeNetwork, tearDownNodeNetwork } from "./node-network.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "timonier-node-network-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = () => ({
  nodeAddress: "10.95.0.1",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  device: "timonier0",
  podDevices: ["timonier1"],
  recordFile: join(directory, "network.json"),
});

describe("the node's network", () => {
  test("leaves a device of that name alone that is not ours, and says so", async () => {
    const commands: string[] = [];
    const run = async (command: string, args: readonly string[]): Promise<string> => {
      commands.push([command, ...args].join(" "));
      return args.includes("-j") ? JSON.stringify([{ ifname: "timonier0", addr_info: [] }]) : "";
    };
    await expect(setUpNodeNetwork({ ...options(), run })).rejects.toThrow("timonier0 is there already and is not ours");
    await tearDownNodeNetwork({ recordFile: options().recordFile, run });
    // Not even looked at twice: the rules may be those of another cluster.
    expect(commands).toEqual(["ip -j address show"]);
    expect(await readdir(directory)).toEqual([]);
  });

  test("writes down what it is about to do before it does it, and puts back what a failed start had changed", async () => {
    let noted: unknown;
    const commands: string[] = [];
    const run = async (command: string, args: readonly string[], input?: string): Promise<string> => {
      commands.push([command, ...args].join(" "));
      if (input?.endsWith("delete table ip timonier\n")) commands.push("the table is deleted");
      if (command !== "ip" || args[1] !== "add") return args.includes("-j") ? "[]" : "";
      noted = JSON.parse(await readFile(options().recordFile, "utf8"));
      throw new NodeNetworkError("out of devices");
    };
    await expect(setUpNodeNetwork({ ...options(), run })).rejects.toThrow("out of devices");
    expect(noted).toMatchObject({ device: "timonier0" });
    expect(commands.at(-1)).toBe("the table is deleted");
    expect(await readdir(directory)).toEqual([]);
  });

  test("does nothing without a record", async () => {
    const run = async (): Promise<string> => {
      throw new Error("nothing is to be run");
    };
    await tearDownNodeNetwork({ recordFile: options().recordFile, run });
    expect(await readdir(directory)).toEqual([]);
  });

  test("masquerades between Pods of a bridge only where the kernel does not show us their packets", () => {
    const base = { ...options(), bridgeFiltering: true };
    const rule = "ip saddr 10.244.0.0/16 ip daddr 10.244.0.0/16 masquerade";
    expect(baseRuleset(base)).not.toContain(rule);
    expect(baseRuleset({ ...base, bridgeFiltering: false })).toContain(rule);
  });

  test("says which package lacks, and which right", async () => {
    await expect(runCommand("nft-that-is-not-there", [])).rejects.toThrow("nft-that-is-not-there was not found (package");
    await expect(runCommand("sh", ["-c", "echo Operation not permitted >&2; exit 1"])).rejects.toThrow("CAP_NET_ADMIN");
    await expect(runCommand("sh", ["-c", "echo nonsense >&2; exit 3"])).rejects.toThrow("exit code 3): nonsense");
  });
});
