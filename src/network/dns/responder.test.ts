import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED, type RecordType } from "dns-packet";
import { beforeEach, describe, expect, test } from "vitest";
import { Namespace } from "../../api/core/namespace.ts";
import { Service } from "../../api/core/service.ts";
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { createInformers } from "../../client/informers.ts";
import { fakeClient } from "../../client/testing/fake-client.ts";
import { followClusterNames } from "./cluster-names.ts";
import { createResponder, type Forward, type Responder, type Transport } from "./responder.ts";

const zone = { domain: "cluster.local", address: "10.96.0.10", ranges: ["10.244.0.0/16", "10.96.0.0/16"], serial: 7 };

const service = (name: string, spec: object) => ({
  metadata: { namespace: "default", name },
  spec: { type: "ClusterIP", ports: [{ name: "http", port: 80, protocol: "TCP" }], ...spec },
});

const slice = (of: string, endpoints: object[]) => ({
  metadata: { namespace: "default", name: `${of}-1`, labels: { "kubernetes.io/service-name": of } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints,
});

const endpoint = (address: string, more: object = {}) => ({ addresses: [address], conditions: { ready: true }, ...more });

const text = (record: Answer): string =>
  "data" in record && "name" in record ? `${record.name} ${record.type} ${JSON.stringify(record.data)}` : record.type;

describe("the cluster's DNS", () => {
  let respond: Responder;
  let forwarded: string[];
  /** What the node's resolvers answer; undefined: there are none. */
  let foreign: ((query: Buffer) => Buffer) | undefined;

  beforeEach(async () => {
    const clock = virtualClock();
    const entropy = seededEntropy(1);
    const client = fakeClient({ clock, entropy });
    client.seed(Namespace, { metadata: { name: "default" } });
    client.seed(Service, service("web", { clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20"] }));
    client.seed(Service, service("db", { clusterIP: "None" }));
    client.seed(Service, service("large", { clusterIP: "None" }));
    client.seed(Service, service("empty", { clusterIP: "None" }));
    client.seed(Service, service("outside", { type: "ExternalName", externalName: "Example.com" }));
    client.seed(Service, service("inside", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }));
    client.seed(Service, service("ring", { type: "ExternalName", externalName: "ring.default.svc.cluster.local" }));
    const many = Array.from({ length: 100 }, (_, n) => endpoint(`10.244.1.${n + 1}`));
    client.seed(
      EndpointSlice,
      slice("db", [
        endpoint("10.244.0.5", { hostname: "db-0" }),
        endpoint("10.244.0.6"),
        endpoint("10.244.0.7", { conditions: { ready: false } }),
      ]),
    );
    client.seed(EndpointSlice, slice("large", many));
    const informers = createInformers({ client, clock, entropy });
    const cluster = followClusterNames(informers);
    await informers.synced();
    forwarded = [];
    foreign = undefined;
    const forward: Forward = async (query) => {
      forwarded.push(decode(query).questions?.[0]?.name ?? "");
      return foreign?.(query);
    };
    respond = createResponder({ zone, cluster, forward });
  });

  async function ask(name: string, type: RecordType = "A", transport: Transport = "udp", additionals: Answer[] = []) {
    const query = encode({ type: "query", id: 77, flags: RECURSION_DESIRED, questions: [{ name, type }], additionals });
    const bytes = await respond(query, transport);
    if (bytes === undefined) throw new Error("no answer");
    const answer = decode(bytes);
    expect(answer.id).toBe(77);
    const { rcode } = answer as unknown as { rcode: string };
    return {
      bytes,
      rcode,
      truncated: answer.flag_tc,
      authoritative: ((answer.flags ?? 0) & AUTHORITATIVE_ANSWER) !== 0,
      answers: (answer.answers ?? []).map(text),
      authorities: (answer.authorities ?? []).map(({ type: kind }) => kind),
      additionals: (answer.additionals ?? []).map(text),
    };
  }

  const answersOf = async (name: string, type?: RecordType) => (await ask(name, type)).answers;

  test("gives a Service's address, in the letters of the question", async () => {
    expect(await ask("Web.default.svc.cluster.local")).toMatchObject({
      rcode: "NOERROR",
      authoritative: true,
      answers: ['Web.default.svc.cluster.local A "10.96.0.20"'],
    });
  });

  test("gives the addresses of a headless Service's ready endpoints, and each by its name", async () => {
    const all = await answersOf("db.default.svc.cluster.local");
    expect(all.sort()).toEqual(['db.default.svc.cluster.local A "10.244.0.5"', 'db.default.svc.cluster.local A "10.244.0.6"']);
    expect(await answersOf("db-0.db.default.svc.cluster.local")).toEqual(['db-0.db.default.svc.cluster.local A "10.244.0.5"']);
    expect(await answersOf("10-244-0-6.db.default.svc.cluster.local")).toHaveLength(1);
    expect((await ask("10-244-0-7.db.default.svc.cluster.local")).rcode).toBe("NXDOMAIN");
    expect((await ask("empty.default.svc.cluster.local")).rcode).toBe("NOERROR");
  });

  test("begins with another endpoint each time", async () => {
    const first = await answersOf("db.default.svc.cluster.local");
    expect((await answersOf("db.default.svc.cluster.local"))[0]).toBe(first[1]);
  });

  test("gives ports and targets for SRV", async () => {
    const whole = await ask("_http._tcp.web.default.svc.cluster.local", "SRV");
    expect(whole.answers).toEqual([
      '_http._tcp.web.default.svc.cluster.local SRV {"priority":0,"weight":100,"port":80,"target":"web.default.svc.cluster.local"}',
    ]);
    expect(whole.additionals).toEqual(['web.default.svc.cluster.local A "10.96.0.20"']);
    const { answers } = await ask("_http._tcp.db.default.svc.cluster.local", "SRV");
    expect(answers.map((answer) => /"port":(\d+),"target":"([^.]*)/.exec(answer)?.slice(1)).sort()).toEqual([
      ["8080", "10-244-0-6"],
      ["8080", "db-0"],
    ]);
    expect((await ask("_other._tcp.web.default.svc.cluster.local", "SRV")).rcode).toBe("NXDOMAIN");
  });

  test("follows an ExternalName Service, within the cluster and outside", async () => {
    expect(await answersOf("inside.default.svc.cluster.local")).toEqual([
      'inside.default.svc.cluster.local CNAME "web.default.svc.cluster.local"',
      'web.default.svc.cluster.local A "10.96.0.20"',
    ]);
    const alias = 'outside.default.svc.cluster.local CNAME "Example.com"';
    expect(await answersOf("outside.default.svc.cluster.local")).toEqual([alias]);
    foreign = () => encode({ type: "response", answers: [{ name: "example.com", type: "A", data: "192.0.2.1" }] });
    expect(await answersOf("outside.default.svc.cluster.local")).toEqual([alias, 'example.com A "192.0.2.1"']);
    expect((await answersOf("ring.default.svc.cluster.local")).length).toBeLessThan(10);
  });

  test("names Pods by their addresses", async () => {
    expect(await answersOf("10-244-3-4.default.pod.cluster.local")).toEqual([
      '10-244-3-4.default.pod.cluster.local A "10.244.3.4"',
    ]);
    expect((await ask("10-244-3-4.nowhere.pod.cluster.local")).rcode).toBe("NXDOMAIN");
  });

  test("names addresses, and asks nobody about those of the cluster's ranges", async () => {
    expect(await answersOf("20.0.96.10.in-addr.arpa", "PTR")).toEqual([
      '20.0.96.10.in-addr.arpa PTR "web.default.svc.cluster.local"',
    ]);
    expect(await answersOf("5.0.244.10.in-addr.arpa", "PTR")).toEqual([
      '5.0.244.10.in-addr.arpa PTR "db-0.db.default.svc.cluster.local"',
    ]);
    expect((await ask("9.9.244.10.in-addr.arpa", "PTR")).rcode).toBe("NXDOMAIN");
    expect(forwarded).toEqual([]);
    await ask("1.2.0.192.in-addr.arpa", "PTR");
    expect(forwarded).toEqual(["1.2.0.192.in-addr.arpa"]);
  });

  test("tells what is missing from what has no such record, with the zone's SOA", async () => {
    const nothing = { answers: [], authorities: ["SOA"], authoritative: true };
    expect(await ask("web.default.svc.cluster.local", "AAAA")).toMatchObject({ rcode: "NOERROR", ...nothing });
    expect(await ask("default.svc.cluster.local")).toMatchObject({ rcode: "NOERROR", ...nothing });
    for (const name of [
      "none.default.svc.cluster.local",
      "nowhere.svc.cluster.local",
      "web.cluster.local",
      "a.b.web.default.svc.cluster.local",
    ])
      expect(await ask(name), name).toMatchObject({ rcode: "NXDOMAIN", ...nothing });
    expect(forwarded).toEqual([]);
  });

  test("says which version of the specification it follows", async () => {
    expect(JSON.stringify(await answersOf("dns-version.cluster.local", "TXT"))).toContain(
      JSON.stringify([...Buffer.from("1.1.0")]).slice(1, -1),
    );
  });

  test("passes other names on, and says so where nobody answers", async () => {
    expect(await ask("example.com")).toMatchObject({ rcode: "SERVFAIL", answers: [] });
    foreign = (query) =>
      encode({ ...decode(query), type: "response", answers: [{ name: "example.com", type: "A", data: "192.0.2.9" }] });
    expect(await answersOf("example.com")).toEqual(['example.com A "192.0.2.9"']);
  });

  test("fills a datagram as far as the client takes it, and everything over TCP", async () => {
    const name = "large.default.svc.cluster.local";
    const short = await ask(name);
    expect(short.truncated).toBe(true);
    expect(short.bytes.length).toBeLessThanOrEqual(512);
    expect(short.answers.length).toBeGreaterThan(25);
    const opt: Answer = {
      type: "OPT",
      name: ".",
      udpPayloadSize: 4096,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    };
    const long = await ask(name, "A", "udp", [opt]);
    expect(long.bytes.length).toBeLessThanOrEqual(1232);
    expect(long.answers.length).toBeGreaterThan(short.answers.length);
    expect(long.additionals).toEqual(["OPT"]);
    expect(await ask(name, "A", "tcp")).toMatchObject({ truncated: false, answers: { length: 100 } });
  });

  test("answers what it cannot read with an error, and answers with silence", async () => {
    const query = encode({ type: "query", id: 5, questions: [{ name: "a", type: "A" }] });
    expect(await respond(encode({ type: "response", id: 5 }), "udp")).toBeUndefined();
    expect(await respond(Buffer.from([1, 2, 3]), "udp")).toBeUndefined();
    const rcodeOf = async (bytes: Buffer) => ((await respond(bytes, "udp")) ?? Buffer.alloc(4)).readUInt16BE(2) & 0xf;
    expect(await rcodeOf(query.subarray(0, 14))).toBe(1);
    const update = Buffer.from(query);
    update.writeUInt16BE(5 << 11, 2);
    expect(await rcodeOf(update)).toBe(4);
  });
});
