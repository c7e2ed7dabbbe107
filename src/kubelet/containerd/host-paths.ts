/**
 * The directories outside the data directory that a node uses because public manifests, CSI drivers and log shippers name them:
 * claimed before the first Pod, recorded, and given back exactly as they were.
 *
 * A directory with another kubelet's files in it is refused.
 */
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assertNothingMounted, unmountBelow } from "./mounts.ts";
import { NodeSetupError } from "./setup-error.ts";

export interface HostPaths {
  /** The kubelet's root: volumes, device plugins, CSI sockets. */
  readonly kubelet: string;
  readonly podLogs: string;
  /** Links into `podLogs` by container, which log shippers read. */
  readonly containerLogs: string;
}

export const HOST_PATHS: HostPaths = {
  kubelet: "/var/lib/kubelet",
  podLogs: "/var/log/pods",
  containerLogs: "/var/log/containers",
};

/** Directories that containerd and CNI make by themselves, wherever they are told to keep their files; removed when empty. */
const BY_PRODUCTS = [
  "/run/containerd/s",
  "/run/containerd/io.containerd.runtime.v2.task",
  "/run/containerd",
  "/var/lib/cni/results",
  "/var/lib/cni/cache",
  "/var/lib/cni",
];

interface Claim {
  /** Which did not exist, in the order in which they were made. */
  made: string[];
  /** By-products that did not exist. */
  byProducts: string[];
}

/** In each claimed directory: whose it is. */
const MARK = ".timonier";
const CLAIM_FILE = "host-paths.json";

/** Throws, with words for people, where another kubelet uses one of the directories. Changes nothing. */
export async function refuseOtherKubelets(dataDirectory: string, paths: HostPaths = HOST_PATHS): Promise<void> {
  for (const path of [paths.kubelet, paths.podLogs, paths.containerLogs]) {
    const owner = await ownerOf(path);
    if (owner === "another") throw new NodeSetupError(inUse(path, "another kubelet's files are in it"));
    if (owner !== undefined && owner !== dataDirectory) throw new NodeSetupError(inUse(path, `the cluster in ${owner} uses it`));
  }
}

/** Makes and marks the directories. Throws as above. Idempotent. */
export async function claimHostPaths(dataDirectory: string, paths: HostPaths = HOST_PATHS): Promise<void> {
  await refuseOtherKubelets(dataDirectory, paths);
  const wanted = [paths.kubelet, paths.podLogs, paths.containerLogs];
  const claim = (await readClaim(dataDirectory)) ?? { made: [], byProducts: await absent(BY_PRODUCTS) };
  for (const path of wanted) {
    const first = await mkdir(path, { recursive: true, mode: 0o755 });
    if (first !== undefined && !claim.made.includes(path)) claim.made.push(...ancestors(first, path));
    // Written at once: a crash in between must not lose what was made.
    await writeFile(join(dataDirectory, CLAIM_FILE), JSON.stringify(claim));
    await writeFile(join(path, MARK), `${dataDirectory}\n`);
  }
}

const inUse = (path: string, why: string): string =>
  `${path} is in use (${why}): stop the other kubelet and remove the directory, or run with --runtime simulated`;

/** Empties the claimed directories and removes those that were not there before. What is mounted in them is unmounted first. Idempotent. */
export async function releaseHostPaths(dataDirectory: string, paths: HostPaths = HOST_PATHS): Promise<void> {
  const claim = await readClaim(dataDirectory);
  if (claim === undefined) return;
  const wanted = [paths.containerLogs, paths.podLogs, paths.kubelet];
  await unmountBelow(wanted);
  await assertNothingMounted(wanted);
  for (const path of wanted) {
    if ((await ownerOf(path)) !== dataDirectory) continue;
    for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
  }
  // What somebody else put there in the meantime stays, and so does its directory.
  for (const path of claim.made.toReversed()) await rmdir(path).catch(() => {});
  for (const path of claim.byProducts) await rmdir(path).catch(() => {});
  await rm(join(dataDirectory, CLAIM_FILE), { force: true });
}

/** The data directory that marked it; `another` where it has files and no mark; undefined where it is free. */
async function ownerOf(path: string): Promise<string | undefined> {
  const mark = await readFile(join(path, MARK), "utf8").catch(() => "");
  if (mark !== "") return mark.trim();
  const names = await readdir(path).catch(() => []);
  return names.length > 0 ? "another" : undefined;
}

async function readClaim(dataDirectory: string): Promise<Claim | undefined> {
  const text = await readFile(join(dataDirectory, CLAIM_FILE), "utf8").catch(() => "");
  if (text === "") return undefined;
  const { made = [], byProducts = [] } = JSON.parse(text) as Partial<Claim>;
  return { made, byProducts };
}

/** The directories from `first` down to `last`. */
function ancestors(first: string, last: string): string[] {
  const all = [last];
  for (let path = last; path !== first; path = dirname(path)) all.unshift(dirname(path));
  return all;
}

async function absent(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      readdir(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => !found[index]);
}
