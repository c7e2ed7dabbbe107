/**
 * The node's own network, set up before anything else: from then on a packet for a Service or a Pod that has no endpoint is refused on
 * the node and cannot leave it, whatever of Timonier runs.
 *
 * Setting up twice is the same as once, also after a crash. Tearing down removes what the record file names, and nothing else.
 */
import { type BaseRulesetOptions, baseRuleset, DELETE_TABLE } from "./base-ruleset.ts";
import { type RunCommand, runCommand } from "./commands.ts";
import { ensureLinks, refuseForeignDevice, removeLinks } from "./links.ts";
import { openRecord, type RecordFile } from "./record.ts";
import { ensureSysctls, restoreSysctls } from "./sysctls.ts";

export interface NodeNetworkOptions {
  /** Given to our device, unless the machine has it on another. */
  nodeAddress: string;
  /** The range of all Pods of the cluster. */
  podCidr: string;
  serviceCidr: string;
  /** Name of our device, at most 15 letters. */
  device: string;
  /** Bridges behind which this node's Pods are. */
  podDevices: readonly string[];
  /** Where what we changed is written down. */
  recordFile: string;
  run?: RunCommand;
}

export interface NodeNetwork {
  /** What the proxy rebuilds its table on. */
  readonly base: BaseRulesetOptions;
  tearDown(): Promise<void>;
}

/**
 * Throws NodeNetworkError: no permission, a missing tool, a device that is not ours. What a first attempt had changed by then is put
 * back.
 */
export async function setUpNodeNetwork(options: NodeNetworkOptions): Promise<NodeNetwork> {
  const { run = runCommand, recordFile } = options;
  const file = await openRecord(recordFile);
  await refuseForeignDevice(run, file, options.device);
  const tearDown = () => tearDownNodeNetwork({ recordFile, run });
  try {
    return { base: await applyAll(run, file, options), tearDown };
  } catch (error) {
    // The first error says what is wrong; that nothing can be put back either has the same cause.
    if (!file.found) await tearDown().catch(() => {});
    throw error;
  }
}

async function applyAll(run: RunCommand, file: RecordFile, options: NodeNetworkOptions): Promise<BaseRulesetOptions> {
  const { nodeAddress, podCidr, serviceCidr, podDevices, device } = options;
  const base: BaseRulesetOptions = { nodeAddress, podCidr, serviceCidr, device, podDevices, bridgeFiltering: true };
  await file.save();
  // The rules come first: there is no moment at which a route leads somewhere and nothing refuses.
  await sendBase(run, base);
  await ensureLinks(run, file, options);
  const bridgeFiltering = await ensureSysctls(run, file);
  if (!bridgeFiltering) await sendBase(run, { ...base, bridgeFiltering });
  return { ...base, bridgeFiltering };
}

/** A table of another version may hold a map of another type: then it starts from scratch. */
async function sendBase(run: RunCommand, base: BaseRulesetOptions): Promise<void> {
  try {
    await run("nft", ["-f", "-"], baseRuleset(base));
  } catch {
    await run("nft", ["-f", "-"], DELETE_TABLE + baseRuleset(base));
  }
}

/** Also for a process that did not set it up. Without a record nothing is done. */
export async function tearDownNodeNetwork({ recordFile, run = runCommand }: Pick<NodeNetworkOptions, "recordFile" | "run">) {
  const file = await openRecord(recordFile);
  if (!file.found) return;
  await removeLinks(run, file);
  await restoreSysctls(file);
  await run("nft", ["-f", "-"], DELETE_TABLE);
  await file.remove();
}
