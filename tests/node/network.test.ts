import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { baseRuleset, DELETE_TABLE } from "../../src/network/node/base-ruleset.ts";
import { addBridge, type Peer, POD_BRIDGE, startNeighbour, startPeer, startPod, whyNoNamespaces } from "./network-namespaces.ts";

const obstacle = await whyNoNamespaces();
if (obstacle !== undefined) console.warn(`tests/node/network.test.ts is skipped: ${obstacle}`);

const NODE_ADDRESS = "10.95.0.1";
const SERVICE_ADDRESS = "10.96.7.1";
const DNS_ADDRESS = "10.96.0.10";
const NODE_PORT = 30_080;

interface EndpointFacts {
  index: number;
  terminating?: boolean;
  node?: string;
}

const setUp = (directory: string) => ({
  nodeAddress: NODE_ADDRESS,
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  device: "timonier0",
  podDevices: [POD_BRIDGE],
  recordFile: join(directory, "network.json"),
});

const service = (spec: object = {}) => ({
  kind: "Service",
  apiVersion: "v1",
  metadata: { name: "web", namespace: "default" },
  spec: {
    type: "NodePort",
    clusterIP: SERVICE_ADDRESS,
    clusterIPs: [SERVICE_ADDRESS],
    sessionAffinity: "None",
    ports: [
      { name: "http", port: 80, protocol: "TCP", nodePort: NODE_PORT },
      { name: "dgram", port: 80, protocol: "UDP" },
    ],
    ...spec,
  },
});

const slice = (...endpoints: EndpointFacts[]) => ({
  kind: "EndpointSlice",
  apiVersion: "discovery.k8s.io/v1",
  metadata: { name: "web-1", namespace: "default", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports: [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "dgram", port: 8080, protocol: "UDP" },
  ],
  endpoints: endpoints.map(({ index, terminating = false, node = "node" }) => ({
    addresses: [`10.244.0.${index}`],
    conditions: { ready: !terminating, serving: true, terminating },
    nodeName: node,
    targetRef: { kind: "Pod", name: `pod-${index}`, uid: `uid-${index}` },
  })),
});

const sorted = (answers: readonly string[]): string[] => [...new Set(answers)].sort();
const names = (answers: readonly string[]): string[] => sorted(answers.map((answer) => answer.split(" ")[0] ?? ""));

describe.skipIf(obstacle !== undefined)("the network of a node", () => {
  let directory: string;
  let node: Peer;
  let neighbour: Peer;
  let pods: Peer[] = [];
  let before: string;
  const peers: Peer[] = [];

  const state = (): Promise<string> =>
    node.sh(
      "nft list ruleset; ip -br link | sed 's/ .*//'; ip -4 route show table all; sysctl -a 2>/dev/null | grep -E '^net\\.(ipv4\\.(ip_forward|conf.*forwarding)|bridge)'",
    );
  const put = (object: object): Promise<unknown> => node.do({ op: "put", object });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "timonier-network-"));
    const started = async (starting: Promise<Peer>): Promise<Peer> => {
      const peer = await starting;
      peers.push(peer);
      return peer;
    };
    node = await started(startPeer());
    await addBridge(node);
    neighbour = await started(startNeighbour(node));
    pods = await Promise.all([11, 12].map((index) => started(startPod(node, index))));
    before = await state();
    await node.do({ op: "setUp", options: setUp(directory) });
    for (const [n, pod] of pods.entries()) {
      await pod.do({ op: "serve", name: `pod-1${n + 1}`, port: 8080 });
      await pod.do({ op: "serveDatagrams", name: `pod-1${n + 1}`, port: 8080 });
    }
    await node.do({ op: "startProxy" });
  });

  afterAll(async () => {
    await Promise.all(peers.map((peer) => peer.end()));
    await rm(directory, { recursive: true, force: true });
  });

  const from = (peer: Peer, host: string, port = 80, count = 1) => peer.do<string[]>({ op: "dial", host, port, count });

  test("refuses at once what has no endpoint, and lets none of it leave", async () => {
    const [pod] = pods as [Peer];
    await neighbour.sh(
      "nft add table ip seen; nft add chain ip seen in '{ type filter hook prerouting priority 0; }'; nft add rule ip seen in ip daddr '{ 10.96.0.0/16, 10.244.0.0/16 }' counter",
    );
    expect(await from(node, "10.96.9.9")).toEqual(["ECONNREFUSED"]);
    expect(await from(pod, "10.96.9.9")).toEqual(["ECONNREFUSED"]);
    expect(await node.do({ op: "ask", host: "10.96.9.9", port: 53 })).toEqual(["ECONNREFUSED"]);
    expect(await from(node, "10.244.9.9")).toEqual(["EHOSTUNREACH"]);
    expect(await from(pod, "10.244.9.9")).toEqual(["EHOSTUNREACH"]);
    // Even where somebody's route would lead it out.
    await node.sh("ip route add 10.244.8.0/24 via 198.51.100.2");
    expect(await from(node, "10.244.8.8")).toEqual(["EHOSTUNREACH"]);
    await node.sh("ip route delete 10.244.8.0/24");
    expect(await neighbour.sh("nft list table ip seen")).toContain("packets 0 bytes 0");
    await put(service());
    expect(await from(node, SERVICE_ADDRESS)).toEqual(["ECONNREFUSED"]);
    expect(await from(neighbour, "198.51.100.1", NODE_PORT)).toEqual(["ECONNREFUSED"]);
  });

  test("spreads connections over the endpoints", async () => {
    const [first, second] = pods as [Peer, Peer];
    await put(slice({ index: 11 }, { index: 12 }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 40))).toEqual(["pod-11", "pod-12"]);
    // A Pod keeps its own address before others, and reaches itself as its gateway.
    expect(sorted(await from(first, SERVICE_ADDRESS, 80, 40))).toEqual(["pod-11 10.244.0.1", "pod-12 10.244.0.11"]);
    expect(sorted(await from(second, SERVICE_ADDRESS, 80, 40))).toEqual(["pod-11 10.244.0.12", "pod-12 10.244.0.1"]);
    expect(names(await node.do({ op: "ask", host: SERVICE_ADDRESS, port: 80, count: 40 }))).toEqual(["pod-11", "pod-12"]);
  });

  test("serves a NodePort on every address of the node, and on loopback", async () => {
    for (const [peer, address] of [
      [neighbour, "198.51.100.1"],
      [node, "198.51.100.1"],
      [node, NODE_ADDRESS],
      [node, "127.0.0.1"],
      [pods[0] as Peer, NODE_ADDRESS],
    ] as const)
      expect(names(await from(peer, address, NODE_PORT, 30)), address).toEqual(["pod-11", "pod-12"]);
  });

  test("leads a host port to its Pod, which sees the client's address", async () => {
    const setHostPorts = (ports: object[]) =>
      node.do({ op: "setHostPorts", name: "uid-12", host: "10.244.0.12", options: { ports } });
    await setHostPorts([{ protocol: "TCP", hostPort: 8888, containerPort: 8080 }]);
    expect(await from(neighbour, "198.51.100.1", 8888)).toEqual(["pod-12 198.51.100.2"]);
    expect(names(await from(pods[0] as Peer, NODE_ADDRESS, 8888))).toEqual(["pod-12"]);
    expect(names(await from(pods[1] as Peer, NODE_ADDRESS, 8888))).toEqual(["pod-12"]);
    expect(names(await from(node, "127.0.0.1", 8888))).toEqual(["pod-12"]);
    await setHostPorts([]);
    expect(await from(neighbour, "198.51.100.1", 8888)).toEqual(["ECONNREFUSED"]);
    expect(await from(node, "127.0.0.1", 8888)).toEqual(["ECONNREFUSED"]);
  });

  test("masquerades Pods that speak to the world", async () => {
    await neighbour.do({ op: "serve", name: "neighbour", port: 9000 });
    expect(await from(pods[0] as Peer, "198.51.100.2", 9000)).toEqual(["neighbour 198.51.100.1"]);
  });

  test("keeps a client with its endpoint under session affinity", async () => {
    await put(service({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 20))).toHaveLength(1);
    expect(names(await from(node, "127.0.0.1", NODE_PORT, 20))).toHaveLength(1);
    const [kept = ""] = names(await from(node, SERVICE_ADDRESS));
    const other = kept === "pod-11" ? 12 : 11;
    await put(slice({ index: other }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 5))).toEqual([`pod-${other}`]);
    await put(service());
    await put(slice({ index: 11 }, { index: 12 }));
  });

  test("keeps the client's address, and this node's endpoints alone, with externalTrafficPolicy Local", async () => {
    await put(slice({ index: 11 }, { index: 12, node: "other" }));
    await put(service({ externalTrafficPolicy: "Local" }));
    expect(sorted(await from(neighbour, "198.51.100.1", NODE_PORT, 20))).toEqual(["pod-11 198.51.100.2"]);
    expect(names(await from(node, "198.51.100.1", NODE_PORT, 30))).toEqual(["pod-11", "pod-12"]);
    await put(slice({ index: 12, node: "other" }));
    expect(await from(neighbour, "198.51.100.1", NODE_PORT)).toEqual(["timeout"]);
    await put(service());
    await put(slice({ index: 11 }, { index: 12 }));
  });

  test("gives terminating endpoints nothing new, unless there are no others, and leaves established connections alone", async () => {
    const held = await Promise.all(
      [1, 2, 3, 4].map(() => node.do<{ id: number; answer: string }>({ op: "hold", host: SERVICE_ADDRESS, port: 80 })),
    );
    await node.do({ op: "withdraw", name: "uid-11" });
    expect(names(await from(node, SERVICE_ADDRESS, 80, 20))).toEqual(["pod-12"]);
    await put(slice({ index: 11, terminating: true }, { index: 12 }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 20))).toEqual(["pod-12"]);
    await put(slice({ index: 11, terminating: true }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 5))).toEqual(["pod-11"]);
    await put(slice());
    expect(await from(node, SERVICE_ADDRESS)).toEqual(["ECONNREFUSED"]);
    for (const { id } of held) expect(await node.do({ op: "say", count: id, text: "still there" })).toBe("still there");
    await put(slice({ index: 11 }, { index: 12 }));
  });

  test("sends UDP senders on when their endpoint is gone", async () => {
    await put(slice({ index: 11 }));
    const ask = () => node.do<string[]>({ op: "ask", host: SERVICE_ADDRESS, port: 80, count: 3, localPort: 4000 });
    expect(names(await ask())).toEqual(["pod-11"]);
    await put(slice({ index: 12 }));
    expect(names(await ask())).toEqual(["pod-12"]);
    await put(slice({ index: 11 }, { index: 12 }));
  });

  test("serves the cluster's names behind kube-dns, and the rest from the node's resolvers", async () => {
    const [pod] = pods as [Peer];
    const resolvConf = join(directory, "resolv.conf");
    await writeFile(resolvConf, `nameserver ${DNS_ADDRESS}\nnameserver 198.51.100.2\n`);
    await neighbour.do({ op: "serveNames" });
    await put({ kind: "Namespace", apiVersion: "v1", metadata: { name: "default" } });
    const options = { nodeName: "node", listenAddress: NODE_ADDRESS, serviceAddress: DNS_ADDRESS, resolvConf };
    await node.do({ op: "startDns", options });
    const resolve = (peer: Peer, name: string, tcp = false, host = DNS_ADDRESS) => peer.do({ op: "resolve", host, name, tcp });
    for (const peer of [pod, node])
      for (const tcp of [false, true]) {
        expect(await resolve(peer, "web.default.svc.cluster.local", tcp)).toEqual(["NOERROR", SERVICE_ADDRESS]);
        expect(await resolve(peer, "none.default.svc.cluster.local", tcp)).toEqual(["NXDOMAIN"]);
        expect(await resolve(peer, "example.com", tcp)).toEqual(["NOERROR", "192.0.2.53"]);
      }
    // The neighbour is no client of the cluster's.
    await expect(resolve(neighbour, "example.com")).rejects.toThrow("timeout");
    await neighbour.sh("ip addr delete 198.51.100.2/24 dev eth0");
    expect(await resolve(pod, "example.com")).toEqual(["SERVFAIL"]);
    await neighbour.sh("ip addr add 198.51.100.2/24 dev eth0; ip route add 10.96.0.0/16 via 198.51.100.1");
    await node.do({ op: "stopDns", name: "node" });
    await expect(resolve(pod, "example.com")).rejects.toThrow("ECONNREFUSED");
    await rm(resolvConf);
  });

  test("connects Pods of one bridge also where the kernel does not show us their packets", async () => {
    const load = async (bridgeFiltering: boolean): Promise<void> => {
      const path = join(directory, "base.nft");
      await writeFile(path, baseRuleset({ ...setUp(directory), bridgeFiltering }));
      await node.sh(`echo ${Number(bridgeFiltering)} >/proc/sys/net/bridge/bridge-nf-call-iptables; nft -f ${path}`);
      await rm(path);
    };
    await load(false);
    expect(sorted(await from(pods[0] as Peer, SERVICE_ADDRESS, 80, 30))).toEqual(["pod-11 10.244.0.1", "pod-12 10.244.0.1"]);
    await load(true);
  });

  test("starts again without interrupting anybody", async () => {
    const held = await node.do<{ id: number }>({ op: "hold", host: SERVICE_ADDRESS, port: 80 });
    await node.do({ op: "stopProxy" });
    await node.do({ op: "setUp", options: setUp(directory) });
    expect(names(await from(node, SERVICE_ADDRESS, 80, 30))).toEqual(["pod-11", "pod-12"]);
    await node.do({ op: "startProxy" });
    expect(names(await from(node, SERVICE_ADDRESS, 80, 30))).toEqual(["pod-11", "pod-12"]);
    expect(names(await from(node, "127.0.0.1", NODE_PORT, 4))).toEqual(["pod-11", "pod-12"]);
    expect(await node.do({ op: "say", count: held.id, text: "still there" })).toBe("still there");
  });

  test("compiles to rules that the kernel's tool takes", async () => {
    const directoryOfGolden = new URL("../../src/network/proxy/golden/", import.meta.url);
    const base = DELETE_TABLE + baseRuleset({ ...setUp(directory), bridgeFiltering: true });
    const files = (await readdir(directoryOfGolden)).filter((name) => name.endsWith(".nft"));
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const path = join(directory, "check.nft");
      await writeFile(path, base + (await readFile(new URL(file, directoryOfGolden), "utf8")));
      await node.sh(`nft --check --file ${path}`);
      await rm(path);
    }
  });

  test("puts the rules back when somebody flushed them", async () => {
    await node.sh("nft flush ruleset");
    await put(slice({ index: 11 }));
    expect(names(await from(node, SERVICE_ADDRESS, 80, 5))).toEqual(["pod-11"]);
    expect(await from(node, "10.96.9.9")).toEqual(["ECONNREFUSED"]);
  });

  test("leaves nothing behind", async () => {
    await node.do({ op: "stopProxy" });
    await node.do({ op: "tearDown" });
    expect(await state()).toBe(before);
    expect(await readdir(directory)).toEqual([]);
    expect(await from(node, "127.0.0.1", NODE_PORT)).toEqual(["ECONNREFUSED"]);
  });
});
