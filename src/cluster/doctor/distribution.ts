/**
 * Which Linux this is, and what its packages are called. https://www.freedesktop.org/software/systemd/man/latest/os-release.html
 */
export type Manager = "apt" | "dnf" | "apk" | "pacman" | "zypper";

export interface Distribution {
  /** `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  readonly id: string;
  /** Undefined where it is none that we know. */
  readonly manager: Manager | undefined;
}

/** What may have to be installed. */
export type Package = "containerd" | "ctr" | "runc" | "cni" | "nft" | "ip" | "mount" | "conntrack";

const MANAGERS: Readonly<Record<string, Manager>> = {
  debian: "apt",
  ubuntu: "apt",
  fedora: "dnf",
  rhel: "dnf",
  centos: "dnf",
  alpine: "apk",
  arch: "pacman",
  suse: "zypper",
  opensuse: "zypper",
};

const COMMON: Readonly<Record<Package, string>> = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  cni: "cni-plugins",
  nft: "nftables",
  ip: "iproute2",
  mount: "util-linux",
  conntrack: "conntrack-tools",
};

/** What a manager calls otherwise. */
const NAMES: Readonly<Record<Manager, Readonly<Partial<Record<Package, string>>>>> = {
  apt: { cni: "containernetworking-plugins", mount: "mount", conntrack: "conntrack" },
  dnf: { cni: "containernetworking-plugins", ip: "iproute" },
  apk: { ctr: "containerd-ctr" },
  pacman: {},
  zypper: { ctr: "containerd-ctr" },
};

/** Enterprise Linux has no containerd of its own; `containerd.io` of Docker's repository has runc and ctr in it. */
const ENTERPRISE: Readonly<Partial<Record<Package, string>>> = {
  containerd: "containerd.io",
  ctr: "containerd.io",
  runc: "containerd.io",
};
const isEnterprise = ({ id, manager }: Distribution): boolean => manager === "dnf" && id !== "fedora";

export function parseOsRelease(text: string): Distribution {
  const settingOf = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, "m")
      .exec(text)?.[1]
      ?.trim()
      .replace(/^(["'])(.*)\1$/, "$2") ?? "";
  const id = settingOf("ID");
  const families = [id, ...settingOf("ID_LIKE").split(/\s+/)].map((family) =>
    family.startsWith("opensuse") ? "opensuse" : family,
  );
  const family = families.find((each) => Object.hasOwn(MANAGERS, each));
  return {
    name: settingOf("PRETTY_NAME") || settingOf("NAME") || "Linux",
    id,
    manager: family === undefined ? undefined : MANAGERS[family],
  };
}

/** The names of packages, each once; undefined where this distribution is not known. */
function packageNames(distribution: Distribution, packages: readonly Package[]): string[] | undefined {
  const { manager } = distribution;
  if (manager === undefined) return undefined;
  const nameOf = (each: Package): string =>
    (isEnterprise(distribution) ? ENTERPRISE[each] : undefined) ?? NAMES[manager][each] ?? COMMON[each];
  return [...new Set(packages.map(nameOf))];
}

/** Why the package manager has not got one of them by itself. */
export function foreignRepository(distribution: Distribution, packages: readonly Package[]): string | undefined {
  if (!isEnterprise(distribution) || !packages.some((each) => ENTERPRISE[each] !== undefined)) return undefined;
  return `${distribution.name} has no containerd of its own: enable Docker's repository (docker-ce) first, which has containerd.io`;
}

/** Commands that install packages without asking. */
const COMMANDS: Readonly<Record<Manager, readonly (readonly string[])[]>> = {
  apt: [
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends"],
  ],
  dnf: [["dnf", "install", "-y"]],
  apk: [["apk", "add"]],
  pacman: [["pacman", "-S", "--noconfirm", "--needed"]],
  zypper: [["zypper", "--non-interactive", "install"]],
};

/** The commands that install packages; the last of them takes the names. Undefined where there is no known manager. */
export function installCommands(distribution: Distribution, packages: readonly Package[]): string[][] | undefined {
  const names = packageNames(distribution, packages);
  if (names === undefined || distribution.manager === undefined) return undefined;
  const commands = COMMANDS[distribution.manager];
  return commands.map((command, index) => (index === commands.length - 1 ? [...command, ...names] : [...command]));
}

/** In words for people. */
export function howToInstall(distribution: Distribution, packages: readonly Package[]): string {
  const command = installCommands(distribution, packages)?.at(-1)?.join(" ");
  if (command === undefined) return `install what ${distribution.name} calls ${[...new Set(packages)].join(", ")}`;
  const foreign = foreignRepository(distribution, packages);
  return foreign === undefined ? command : `${foreign}; then ${command}`;
}
