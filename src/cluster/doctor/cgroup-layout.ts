/**
 * Which cgroup hierarchies there are, and what can be limited in them.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export interface CgroupLayout {
  /** `hybrid`: controllers in v1 hierarchies, and a v2 tree beside them without any. */
  readonly version: "none" | "v1" | "hybrid" | "v2";
  readonly controllers: ReadonlySet<string>;
  /** Controllers that the kernel has, switched off when it started. */
  readonly switchedOff: ReadonlySet<string>;
  readonly writable: boolean;
}

export interface CgroupFiles {
  /** `/proc/self/mounts`. */
  mounts: string;
  /** `/sys/fs/cgroup/cgroup.controllers`; empty where it is not there. */
  controllers: string;
  /** `/proc/cgroups`. */
  known: string;
}

const V1_CONTROLLERS = [
  "cpu",
  "cpuacct",
  "cpuset",
  "memory",
  "devices",
  "freezer",
  "blkio",
  "pids",
  "hugetlb",
  "net_cls",
  "net_prio",
];

interface Mount {
  readonly type: string;
  readonly path: string;
  readonly options: readonly string[];
}

export function cgroupLayout({ mounts, controllers, known }: CgroupFiles): CgroupLayout {
  const all = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, path = "", type = "", options = ""]): Mount => ({ path, type, options: options.split(",") }));
  const unified = all.filter(({ type }) => type === "cgroup2");
  const old = all.filter(({ type, options }) => type === "cgroup" && options.some((each) => V1_CONTROLLERS.includes(each)));
  const version =
    old.length > 0
      ? unified.length > 0
        ? "hybrid"
        : "v1"
      : unified.some(({ path }) => path === "/sys/fs/cgroup")
        ? "v2"
        : "none";
  const used = version === "v2" ? unified : old;
  return {
    version,
    controllers: new Set(
      version === "v2"
        ? controllers.trim().split(/\s+/).filter(Boolean)
        : old.flatMap(({ options }) => options.filter((each) => V1_CONTROLLERS.includes(each))),
    ),
    switchedOff: new Set(
      known
        .split("\n")
        .map((line) => line.split("\t"))
        .flatMap(([name = "", , , enabled]) => (enabled === "0" ? [name] : [])),
    ),
    writable: used.length > 0 && used.every(({ options }) => !options.includes("ro")),
  };
}
