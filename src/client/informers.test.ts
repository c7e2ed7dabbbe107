import { describe, expect, test } from "vitest";
import { ConfigMap } from "../api/core/config-map.ts";
import { expired } from "../api/errors.ts";
import { seededEntropy } from "../base/entropy.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import type { Client } from "./client.ts";
import { createInformers } from "./informers.ts";
import { fakeClient } from "./testing/fake-client.ts";

const map = (name: string, more: object = {}) => ({
  metadata: { namespace: "default", name, ...more },
  data: { text: "x".repeat(200) },
});

function bench(parsedBudgetBytes?: number) {
  const clock = virtualClock();
  const entropy = seededEntropy(3);
  const client = fakeClient({ clock, entropy });
  const of = (over: Client) =>
    createInformers({ client: over, clock, entropy, ...(parsedBudgetBytes === undefined ? {} : { parsedBudgetBytes }) });
  return { clock, client, of };
}

describe("informers", () => {
  test("tell what is there, what changes and what goes", async () => {
    const { clock, client, of } = bench();
    client.seed(ConfigMap, map("a"));
    const informers = of(client);
    const told: string[] = [];
    informers.watch(ConfigMap, {
      added: ({ metadata }) => void told.push(`added ${metadata.name}`),
      updated: ({ metadata }) => void told.push(`updated ${metadata.name}`),
      deleted: ({ metadata }) => void told.push(`deleted ${metadata.name}`),
    });
    await informers.synced();
    client.seed(ConfigMap, map("b"));
    await client.patch(ConfigMap, { namespace: "default", name: "a" }, "merge", { data: { more: "y" } });
    await client.delete(ConfigMap, { namespace: "default", name: "a" });
    await clock.settle();
    expect(told).toEqual(["added a", "added b", "updated a", "deleted a"]);
    expect([...informers.list(ConfigMap)].map(({ metadata }) => metadata.name)).toEqual(["b"]);
    await informers.stop();
  });

  test("hand out frozen objects, found by owner, orphan and index", async () => {
    const { client, of } = bench();
    const informers = of(client);
    informers.addIndex(ConfigMap, "first letter", ({ metadata }) => [metadata.name.slice(0, 1)]);
    const owner = client.seed<ConfigMap>(ConfigMap, map("owner"));
    client.seed(
      ConfigMap,
      map("owned", { ownerReferences: [{ kind: "ConfigMap", name: "owner", uid: owner.metadata.uid, controller: true }] }),
    );
    informers.watch(ConfigMap);
    await informers.synced();
    expect(informers.ownedBy(ConfigMap, owner).map(({ metadata }) => metadata.name)).toEqual(["owned"]);
    expect(informers.orphans(ConfigMap, "default").map(({ metadata }) => metadata.name)).toEqual(["owner"]);
    expect(informers.byIndex(ConfigMap, "first letter", "o")).toHaveLength(2);
    expect(Object.isFrozen(informers.get(ConfigMap, "default", "owned")?.metadata.ownerReferences?.[0])).toBe(true);
    await informers.stop();
  });

  test("give every object, also those that are not kept parsed", async () => {
    const { client, of } = bench(1_000);
    for (let number = 0; number < 50; number++) client.seed(ConfigMap, map(`m${number}`));
    const informers = of(client);
    informers.watch(ConfigMap);
    await informers.synced();
    for (let number = 0; number < 50; number++)
      expect(informers.get(ConfigMap, "default", `m${number}`)?.data?.text).toHaveLength(200);
    expect([...informers.list(ConfigMap, "default")]).toHaveLength(50);
    await informers.stop();
  });

  test("start over after 410, and tell what went meanwhile", async () => {
    const { clock, client, of } = bench();
    client.seed(ConfigMap, map("a"));
    let breakWatch: (error: Error) => void = () => {};
    const breakable: Client = {
      ...client,
      watch: (row, options, onEvent) => {
        const inner = new AbortController();
        options.signal.addEventListener("abort", () => inner.abort());
        return new Promise((resolve, reject) => {
          breakWatch = (error) => {
            inner.abort();
            reject(error);
          };
          client.watch(row, { ...options, signal: inner.signal }, onEvent).then(resolve, reject);
        });
      },
    };
    const informers = of(breakable);
    const told: string[] = [];
    informers.watch(ConfigMap, {
      added: ({ metadata }) => void told.push(`added ${metadata.name}`),
      deleted: ({ metadata }) => void told.push(`deleted ${metadata.name}`),
    });
    await informers.synced();
    breakWatch(expired("too old"));
    await client.delete(ConfigMap, { namespace: "default", name: "a" });
    client.seed(ConfigMap, map("b"));
    await clock.advance(60_000);
    expect(told).toEqual(["added a", "added b", "deleted a"]);
    await informers.stop();
  });
});
