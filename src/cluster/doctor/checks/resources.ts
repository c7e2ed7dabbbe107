/** Room: disk, memory, watches, and a clock that is right. */
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";

const { pass, warn, fail } = report("resources");

const GIB = 2 ** 30;
/** No image fits. */
const LEAST_DISK_BYTES = GIB;
const ENOUGH_DISK_BYTES = 5 * GIB;
const ENOUGH_FILES = 100_000;
const ENOUGH_MEMORY_BYTES = GIB;
const ENOUGH_INSTANCES = 128;
const ENOUGH_WATCHES = 8_192;
/** 2026-01-01: before that no Timonier was. */
const EARLIEST_MS = 1_767_225_600_000;

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

export function checkResources(facts: MachineFacts): Finding[] {
  return [...disk(facts), memory(facts), ...inotify(facts), swap(facts), clock(facts)];
}

function disk({ resources: { disk: place } }: MachineFacts): Finding[] {
  if (place === undefined) return [];
  const { path, freeBytes, freeFiles } = place;
  const how = "Make room, or choose another place with --data-dir.";
  if (freeFiles !== undefined && freeFiles < ENOUGH_FILES)
    return [warn("disk", `${freeFiles} files can still be made in ${path}.`, "Images have tens of thousands of files.", how)];
  const what = `${gib(freeBytes)} are free in ${path}`;
  if (freeBytes < LEAST_DISK_BYTES) return [fail("disk", `Only ${what}.`, "Images do not fit.", how)];
  if (freeBytes < ENOUGH_DISK_BYTES) return [warn("disk", `${what}.`, "A few images fill that.", how)];
  return [pass("disk", `${what}.`)];
}

function memory({ resources: { memoryBytes } }: MachineFacts): Finding {
  const what = `The machine has ${gib(memoryBytes)} of memory`;
  if (memoryBytes >= ENOUGH_MEMORY_BYTES) return pass("memory", `${what}.`);
  return warn("memory", `${what}.`, "Timonier and containerd take about 200 MB of it.", "Give the machine more.");
}

function inotify({ resources: { inotifyInstances, inotifyWatches } }: MachineFacts): Finding[] {
  if (inotifyInstances === undefined || inotifyWatches === undefined) return [];
  if (inotifyInstances >= ENOUGH_INSTANCES && inotifyWatches >= ENOUGH_WATCHES)
    return [pass("inotify", `${inotifyInstances} inotify instances and ${inotifyWatches} watches a user.`)];
  return [
    warn(
      "inotify",
      `A user has ${inotifyInstances} inotify instances and ${inotifyWatches} watches.`,
      'Programs in containers that follow files fail with "too many open files" or "no space left on device".',
      "sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288",
    ),
  ];
}

/** The kubelet gives Pods no swap, so it is no obstacle. https://kubernetes.io/docs/concepts/cluster-administration/swap-memory-management/ */
function swap({ resources: { swapBytes } }: MachineFacts): Finding {
  return pass(
    "swap",
    swapBytes === 0 ? "Swap is off." : `Swap is on (${gib(swapBytes)}); Pods with a memory limit do not use it.`,
  );
}

function clock({ resources: { nowMs, authorityFromMs, synchronized } }: MachineFacts): Finding {
  const how = "Set the clock, and let it follow a time server (timedatectl set-ntp true).";
  const now = new Date(nowMs).toISOString();
  const earliest = Math.max(EARLIEST_MS, authorityFromMs ?? 0);
  if (nowMs < earliest)
    return fail("clock", `The clock says ${now}, which is past.`, "Certificates are not valid yet: nothing can connect.", how);
  if (synchronized === false)
    return warn(
      "clock",
      `The clock says ${now}, and follows no time server.`,
      "Certificates, CronJobs and leases go by it, and other machines by theirs.",
      how,
    );
  return pass("clock", `The clock says ${now}.`);
}
