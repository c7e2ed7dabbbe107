/** Machines that are not at hand, as doctor would find them. */
import type { Machine } from "../../../kubelet/containerd/index.ts";
import { parseOsRelease } from "../distribution.ts";
import { FEATURES, type KernelFacts, type MachineFacts } from "../facts.ts";

const EVERY_CAPABILITY = (1n << 41n) - 1n;

export const wholeMachine: Machine = {
  linux: true,
  root: true,
  cgroupVersion: 2,
  lowersOomScore: true,
  containerd: { path: "/usr/bin/containerd", version: "1.7.24" },
  runc: "/usr/sbin/runc",
  ctr: "/usr/bin/ctr",
  cniPlugins: "/usr/lib/cni",
  tools: { nft: "/usr/sbin/nft", ip: "/usr/sbin/ip", mount: "/usr/bin/mount", conntrack: "/usr/sbin/conntrack" },
};

export const bareMachine: Machine = {
  ...wholeMachine,
  containerd: undefined,
  runc: undefined,
  ctr: undefined,
  cniPlugins: undefined,
  tools: { nft: undefined, ip: undefined, mount: undefined, conntrack: undefined },
};

export const OS_RELEASES = {
  debian: 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nID=debian\n',
  ubuntu: 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n',
  mint: 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n',
  fedora: 'NAME="Fedora Linux"\nID=fedora\nPRETTY_NAME="Fedora Linux 43 (Server Edition)"\n',
  rocky: 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 10.0 (Red Quartz)"\n',
  alpine: 'NAME="Alpine Linux"\nID=alpine\nPRETTY_NAME="Alpine Linux v3.22"\n',
  arch: 'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\n',
  tumbleweed: 'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
  nixos: 'NAME=NixOS\nID=nixos\nPRETTY_NAME="NixOS 25.11"\n',
} as const;

export const everythingWorks: KernelFacts["trials"] = Object.fromEntries(FEATURES.map((feature) => [feature, { works: true }]));

/** A server with all that is needed, on which nothing else runs. */
export const goodMachine: MachineFacts = {
  plan: {
    dataDirectory: "/var/lib/timonier",
    apiPort: 6443,
    nodeAddress: "10.95.0.1",
    nodePort: 10250,
    podCidr: "10.244.0.0/16",
    podDevice: "timonier-pods",
  },
  machine: wholeMachine,
  distribution: parseOsRelease(OS_RELEASES.debian),
  kernel: { release: "6.12.43-amd64", trials: everythingWorks, moduleDirectory: true, loadable: new Set() },
  cgroups: {
    version: "v2",
    controllers: new Set(["cpuset", "cpu", "io", "memory", "hugetlb", "pids"]),
    switchedOff: new Set(),
    writable: true,
  },
  privileges: { capabilities: EVERY_CAPABILITY, mount: { works: true }, container: undefined },
  network: { forwarding: { on: false, writable: true }, reversePathFilter: 2, defaultRoutes: 1, listeners: [] },
  firewall: { chains: [], docker: false, ufw: undefined, firewalld: undefined },
  resources: {
    disk: { path: "/var/lib", freeBytes: 100 * 2 ** 30, freeFiles: 6_000_000 },
    memoryBytes: 8 * 2 ** 30,
    swapBytes: 0,
    inotifyInstances: 128,
    inotifyWatches: 65_536,
    nowMs: Date.parse("2026-11-24T12:00:00Z"),
    synchronized: true,
    authorityFromMs: undefined,
  },
  directoriesInUse: undefined,
  clusterPid: undefined,
};
