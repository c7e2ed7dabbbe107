import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Service } from "../../api/core/service.ts";
import type { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { keyOf } from "../../api/meta.ts";
import { compileService } from "./compiler.ts";
import { createRulesetTable } from "./table.ts";

const GOLDEN = new URL("golden/", import.meta.url);
const OPTIONS = { nodeName: "here", podCidr: "10.244.0.0/16" };

const objectsIn = (name: string): (Service | EndpointSlice)[] =>
  parseAllDocuments(readFileSync(new URL(`${name}.yaml`, GOLDEN), "utf8")).map((document) => document.toJS());

const isService = (object: Service | EndpointSlice): object is Service => object.kind === "Service";

function compiled(name: string, options = OPTIONS): { script: string; rules: ReturnType<typeof compileService>[] } {
  const objects = objectsIn(name);
  const slices = objects.filter((object) => !isService(object)) as EndpointSlice[];
  const table = createRulesetTable();
  const rules = objects.filter(isService).map((service) => {
    const own = slices.filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name);
    const each = compileService(service, own, options);
    table.put(keyOf(service), each);
    return each;
  });
  return { script: table.whole().script, rules };
}

describe("the compiler", () => {
  const names = readdirSync(GOLDEN).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : []));

  test.each(names)("compiles golden/%s.yaml to golden/%s.nft", async (name) => {
    await expect(compiled(name).script).toMatchFileSnapshot(`golden/${name}.nft`);
  });

  test("relays TCP node ports on loopback to all endpoints, whatever the traffic policy", () => {
    const endpoints = [
      { ip: "10.244.0.5", port: 8080 },
      { ip: "10.244.1.6", port: 8080 },
    ];
    const [rules] = compiled("external-traffic-policy-local").rules;
    expect(rules?.loopbackPorts).toEqual([{ port: 30_080, endpoints, affinitySeconds: undefined }]);
    expect(compiled("no-endpoints").rules[0]?.loopbackPorts).toEqual([]);
  });

  test("takes a withdrawn Pod for terminating, whatever its slice says", () => {
    const isWithdrawn = (uid: string): boolean => uid === "uid-10.244.0.5";
    const { script } = compiled("cluster-ip", { ...OPTIONS, isWithdrawn } as typeof OPTIONS);
    expect(script).toContain("dnat ip to 10.244.1.6:8080");
    expect(script).not.toContain("10.244.0.5 . 8080");
  });

  test("says where UDP senders may go", () => {
    const [rules] = compiled("protocols-and-ports").rules;
    expect(rules?.datagramRoutes.map(({ address, port, endpoints }) => [address, port, endpoints.length])).toEqual([
      ["10.96.0.20", 53, 2],
    ]);
  });
});
