import { describe, expect, test } from "vitest";
import { obstacles } from "../../../kubelet/containerd/index.ts";
import { cgroupLayout } from "../cgroup-layout.ts";
import { parseOsRelease } from "../distribution.ts";
import type { MachineFacts } from "../facts.ts";
import { type Finding, worst } from "../finding.ts";
import { iptablesChains, nftChains } from "../firewall-rules.ts";
import { planInstallation } from "../installation.ts";
import { bareMachine, everythingWorks, goodMachine, OS_RELEASES, wholeMachine } from "../testing/machines.ts";
import { checkMachine } from "./index.ts";

const amiss = (facts: MachineFacts): Finding[] => checkMachine(facts).filter(({ level }) => level !== "pass");
/** `level name`, for what is amiss. */
const said = (facts: MachineFacts): string[] => amiss(facts).map(({ level, name }) => `${level} ${name}`);
const only = (facts: MachineFacts): Finding => {
  const [finding, ...more] = amiss(facts);
  expect(more).toEqual([]);
  if (finding === undefined) throw new Error("nothing is amiss");
  return finding;
};

test("a machine with all that is needed passes every check", () => {
  expect(said(goodMachine)).toEqual([]);
  expect(planInstallation(goodMachine, checkMachine(goodMachine))).toEqual({ commands: [], refusals: [] });
});

test("whatever is amiss says why it matters and how to get it, under a name of its own", () => {
  const worstOfAll: MachineFacts = {
    ...goodMachine,
    machine: bareMachine,
    kernel: { ...goodMachine.kernel, trials: {} },
    cgroups: { version: "none", controllers: new Set(), switchedOff: new Set(), writable: false },
    privileges: { capabilities: 0n, mount: { works: false, why: "permission denied" }, container: undefined },
  };
  const findings = checkMachine(worstOfAll);
  for (const { name, level, why, how } of findings)
    if (level !== "pass")
      expect([name, why ?? "", how ?? ""], name).toEqual([name, expect.stringMatching(/\.$/), expect.stringMatching(/\S/)]);
  expect(new Set(findings.map(({ name }) => name)).size).toBe(findings.length);
});

describe("what `timonier up` refuses for", () => {
  test.each([
    ["linux", { linux: false }],
    ["root", { root: false }],
    ["containerd", { containerd: undefined }],
    ["ctr", { ctr: undefined }],
    ["runc", { runc: undefined }],
    ["cni", { cniPlugins: undefined }],
    ["nft", { tools: { ...wholeMachine.tools, nft: undefined } }],
    ["ip", { tools: { ...wholeMachine.tools, ip: undefined } }],
    ["mount", { tools: { ...wholeMachine.tools, mount: undefined } }],
  ])("fails here too: %s", (part, change) => {
    const machine = { ...wholeMachine, ...change };
    expect(obstacles(machine).map((each) => each.part)).toEqual([part]);
    const { level, name } = only({ ...goodMachine, machine });
    expect([level, name]).toEqual(["fail", part === "linux" ? "operating system" : part]);
  });

  test("directories of another kubelet are told in its own words", () => {
    const directoriesInUse =
      "/var/lib/kubelet is in use (another kubelet's files are in it): stop the other kubelet and remove the directory, or run with --runtime simulated";
    expect(only({ ...goodMachine, directoriesInUse })).toMatchObject({
      level: "fail",
      what: "/var/lib/kubelet is in use (another kubelet's files are in it).",
      how: "stop the other kubelet and remove the directory, or run with --runtime simulated.",
    });
  });
});

describe("packages", () => {
  const installs = (osRelease: string): unknown => {
    const facts = { ...goodMachine, machine: bareMachine, distribution: parseOsRelease(osRelease) };
    return planInstallation(facts, checkMachine(facts));
  };

  test.each([
    [
      "debian",
      [
        "apt-get update",
        "apt-get install -y --no-install-recommends containerd runc containernetworking-plugins nftables iproute2 mount conntrack",
      ],
    ],
    [
      "ubuntu",
      [
        "apt-get update",
        "apt-get install -y --no-install-recommends containerd runc containernetworking-plugins nftables iproute2 mount conntrack",
      ],
    ],
    ["fedora", ["dnf install -y containerd runc containernetworking-plugins nftables iproute util-linux conntrack-tools"]],
    ["alpine", ["apk add containerd containerd-ctr runc cni-plugins nftables iproute2 util-linux conntrack-tools"]],
    ["arch", ["pacman -S --noconfirm --needed containerd runc cni-plugins nftables iproute2 util-linux conntrack-tools"]],
    [
      "tumbleweed",
      [
        "zypper --non-interactive install containerd containerd-ctr runc cni-plugins nftables iproute2 util-linux conntrack-tools",
      ],
    ],
  ] as const)("of %s are installed with its own manager", (name, commands) => {
    expect(installs(OS_RELEASES[name])).toEqual({ commands: commands.map((line) => line.split(" ")), refusals: [] });
  });

  test("that Enterprise Linux lacks are refused, and the others installed", () => {
    expect(installs(OS_RELEASES.rocky)).toEqual({
      commands: [["dnf", "install", "-y", "containernetworking-plugins", "nftables", "iproute", "util-linux", "conntrack-tools"]],
      refusals: [expect.stringContaining("Rocky Linux 10.0 (Red Quartz) has no containerd of its own")],
    });
  });

  test("of a distribution that is not known are named, not installed", () => {
    expect(installs(OS_RELEASES.nixos)).toEqual({
      commands: [],
      refusals: [
        "no known package manager on NixOS 25.11: install containerd, ctr, runc, cni, nft, ip, mount, conntrack by hand",
      ],
    });
  });

  test("are nobody's to install but root's", () => {
    const facts = { ...goodMachine, machine: { ...bareMachine, root: false } };
    expect(planInstallation(facts, checkMachine(facts)).commands).toEqual([]);
  });

  test("that somebody else's distribution is like are found by its family", () => {
    expect(parseOsRelease(OS_RELEASES.mint).manager).toBe("apt");
  });

  test("too old a containerd fails, a missing conntrack is warned of", () => {
    const old = { ...wholeMachine, containerd: { path: "/usr/bin/containerd", version: "1.4.13" } };
    expect(said({ ...goodMachine, machine: old })).toEqual(["fail containerd version"]);
    const without = { ...wholeMachine, tools: { ...wholeMachine.tools, conntrack: undefined } };
    expect(said({ ...goodMachine, machine: without })).toEqual(["warn conntrack"]);
  });
});

describe("the kernel", () => {
  const lacking = (change: Partial<MachineFacts["kernel"]>): MachineFacts => ({
    ...goodMachine,
    kernel: {
      ...goodMachine.kernel,
      ...change,
      trials: { ...everythingWorks, veth: { works: false, why: "Unknown device type" } },
    },
  });

  test("gets a module that is there", () => {
    const facts = lacking({ loadable: new Set(["veth"]) });
    expect(only(facts)).toMatchObject({
      level: "fail",
      name: "veth",
      modules: ["veth"],
      how: expect.stringMatching(/^modprobe -a veth;/),
    });
    expect(planInstallation(facts, checkMachine(facts)).commands).toEqual([["modprobe", "-a", "veth"]]);
  });

  test("wants a restart where its modules went with an update", () => {
    const facts = lacking({ moduleDirectory: false });
    expect(only(facts).how).toContain("restart the machine");
    expect(planInstallation(facts, checkMachine(facts)).commands).toEqual([]);
  });

  test("in a container is the machine's outside", () => {
    const facts = { ...lacking({}), privileges: { ...goodMachine.privileges, container: "docker" } };
    expect(only(facts).how).toBe("On the machine outside this container: modprobe -a veth");
  });

  test("may lack what containers can do without", () => {
    const vxlan = { works: false, why: "Unknown device type" } as const;
    const facts = { ...goodMachine, kernel: { ...goodMachine.kernel, trials: { ...everythingWorks, vxlan, overlay: vxlan } } };
    expect(said(facts)).toEqual(["warn overlayfs", "warn VXLAN"]);
  });
});

describe("cgroups", () => {
  const of = (mounts: string, controllers = "", known = ""): MachineFacts => ({
    ...goodMachine,
    cgroups: cgroupLayout({ mounts, controllers, known }),
  });
  const V1 = ["cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio"]
    .map((name) => `cgroup /sys/fs/cgroup/${name} cgroup rw,nosuid,${name} 0 0`)
    .join("\n");

  test("of version 2 pass", () => {
    expect(said(of("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", "cpuset cpu io memory pids\n"))).toEqual([]);
  });

  test("of version 1, and of both, are warned of", () => {
    expect(only(of(V1)).what).toBe("cgroups are version 1.");
    expect(only(of(`${V1}\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0`)).what).toContain("hybrid");
  });

  test("without memory, as on a Raspberry Pi, fail and name the kernel's option", () => {
    const known = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t90\t1\nmemory\t0\t90\t0\n";
    expect(only(of("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "cpuset cpu io pids\n", known))).toMatchObject({
      level: "fail",
      what: "Missing cgroup controllers: memory.",
      how: "Add cgroup_enable=memory cgroup_memory=1 to the kernel's command line and restart the machine.",
    });
  });

  test("that are read-only, as in a container, fail", () => {
    const facts = of("cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0\n", "cpuset cpu io memory pids\n");
    expect(only({ ...facts, privileges: { ...facts.privileges, container: "docker" } }).how).toContain("--privileged");
  });

  test("that are not mounted fail", () => {
    expect(said(of("proc /proc proc rw 0 0\n"))).toEqual(["fail cgroups"]);
  });
});

describe("firewalls", () => {
  const DOCKER = `table ip nat {
	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
	}
}
table ip filter {
	chain DOCKER-USER {
RULE
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter jump DOCKER-USER
		counter jump DOCKER-FORWARD
	}
}
`;
  const withChains = (chains: ReturnType<typeof nftChains>, change: Partial<MachineFacts["firewall"]> = {}): MachineFacts => ({
    ...goodMachine,
    firewall: { ...goodMachine.firewall, chains, ...change },
  });

  test("Docker's, which drops what is forwarded, fails and names Docker's own chain", () => {
    expect(only(withChains(nftChains(DOCKER.replace("RULE", "")), { docker: true }))).toMatchObject({
      level: "fail",
      what: "Docker drops forwarded packets by default (table ip filter, chain FORWARD), Pods' among them.",
      how: "iptables -I DOCKER-USER -i timonier-pods -j ACCEPT; iptables -I DOCKER-USER -o timonier-pods -j ACCEPT",
    });
  });

  test("Docker's passes with a rule for Pods in a chain that it goes to", () => {
    const rules = '\t\tiifname "timonier-pods" counter packets 0 bytes 0 accept';
    expect(said(withChains(nftChains(DOCKER.replace("RULE", rules)), { docker: true }))).toEqual([]);
  });

  test("is seen in what old iptables lists", () => {
    const listed = "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n";
    expect(said(withChains(iptablesChains(listed)))).toEqual(["fail ip filter FORWARD"]);
    expect(said(withChains(iptablesChains(`${listed}-A DOCKER-USER -s 10.244.0.0/16 -j ACCEPT\n`)))).toEqual([]);
  });

  test("of somebody's own that drop what comes in fail: Pods could not ask for names", () => {
    const own =
      "table inet mine {\n\tchain in {\n\t\ttype filter hook input priority 0; policy drop;\n\t\tct state established accept\n\t}\n}\n";
    expect(only(withChains(nftChains(own))).how).toBe("nft insert rule inet mine in iifname timonier-pods accept");
  });

  test("that hook other families or places are none of ours", () => {
    const other = "table ip6 x {\n\tchain f {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n";
    expect(nftChains(other)).toEqual([]);
  });

  test("ufw and firewalld are led out of the way by their own commands", () => {
    const dropping = iptablesChains("-P INPUT DROP\n-P FORWARD DROP\n");
    expect(only(withChains(dropping, { ufw: { enabled: true, lets: false } })).how).toContain(
      "ufw route allow in on timonier-pods",
    );
    expect(only(withChains([], { firewalld: { runs: true, lets: false } })).how).toContain(
      "--zone=trusted --add-source=10.244.0.0/16",
    );
    expect(said(withChains([], { ufw: { enabled: false, lets: false }, firewalld: { runs: true, lets: true } }))).toEqual([]);
  });
});

describe("conflicts", () => {
  const listening = (address: string, port: number): MachineFacts => ({
    ...goodMachine,
    network: {
      ...goodMachine.network,
      listeners: [{ protocol: "tcp", address, port, program: "kubelet", pid: 712 }],
    },
  });

  test("a listener on a port that is needed fails by name", () => {
    expect(only(listening("::", 10250)).what).toBe("kubelet (process 712) listens on port 10250 of ::.");
    expect(only(listening("127.0.0.1", 6443)).how).toContain("timonier up --port");
  });

  test("one on another address of the machine is in nobody's way", () => {
    expect(said(listening("192.0.2.7", 10250))).toEqual([]);
    expect(said(listening("127.0.0.53", 53))).toEqual([]);
  });

  test("a cluster that runs here is in its own way only", () => {
    expect(said({ ...listening("10.95.0.1", 10250), clusterPid: 712 })).toEqual([]);
  });
});

describe("privileges, network and room", () => {
  const { privileges, network, resources } = goodMachine;
  test.each<[string, Partial<MachineFacts>, string[]]>([
    [
      "a container without rights",
      { privileges: { capabilities: 0xa80425fbn, mount: { works: false, why: "permission denied" }, container: "docker" } },
      ["fail CAP_NET_ADMIN", "fail CAP_SYS_ADMIN", "warn CAP_SYS_RESOURCE", "fail mounting"],
    ],
    [
      "a supervisor that keeps a right",
      { privileges: { ...privileges, capabilities: privileges.capabilities ^ (1n << 24n) } },
      ["warn CAP_SYS_RESOURCE"],
    ],
    [
      "forwarding that may not be turned on",
      { network: { ...network, forwarding: { on: false, writable: false } } },
      ["fail IP forwarding"],
    ],
    [
      "two ways out, and a strict filter",
      { network: { ...network, reversePathFilter: 1, defaultRoutes: 2 } },
      ["warn rp_filter"],
    ],
    [
      "a full disk",
      { resources: { ...resources, disk: { path: "/", freeBytes: 2 ** 29, freeFiles: undefined } } },
      ["fail disk"],
    ],
    ["few files left", { resources: { ...resources, disk: { path: "/", freeBytes: 2 ** 40, freeFiles: 7 } } }, ["warn disk"]],
    ["few watches", { resources: { ...resources, inotifyWatches: 1_024 } }, ["warn inotify"]],
    ["a clock that was reset", { resources: { ...resources, nowMs: 0 } }, ["fail clock"]],
    ["a clock before the certificates", { resources: { ...resources, authorityFromMs: resources.nowMs + 1 } }, ["fail clock"]],
    ["a clock that runs free", { resources: { ...resources, synchronized: false } }, ["warn clock"]],
    ["swap", { resources: { ...resources, swapBytes: 2 ** 31 } }, []],
  ])("%s", (_what, change, expected) => {
    const facts = { ...goodMachine, ...change };
    expect(said(facts)).toEqual(expected);
    expect(worst(checkMachine(facts)) === "fail").toBe(expected.some((each) => each.startsWith("fail")));
  });
});
