import { describe, expect, test } from "vitest";
import type { BackendPort } from "./backends.ts";
import { type Endpoint, type EndpointGroup, packSlices, type ReadonlySlice } from "./slice-packing.ts";

const ports: BackendPort[] = [{ name: "", port: 80, protocol: "TCP" }];
const endpoint = (number: number, ready = true): Endpoint => ({
  addresses: [`10.0.0.${number}`],
  conditions: { ready, serving: ready, terminating: false },
  targetRef: { kind: "Pod", name: `p${number}`, namespace: "default", uid: `u${number}` },
});
const range = (from: number, count: number): Endpoint[] => Array.from({ length: count }, (_, index) => endpoint(from + index));
const group = (endpoints: Endpoint[], of = ports): EndpointGroup => ({ addressType: "IPv4", ports: of, endpoints });
const slice = (name: string, endpoints: Endpoint[], of: readonly BackendPort[] = ports): ReadonlySlice =>
  ({ metadata: { name }, addressType: "IPv4", ports: of, endpoints }) as unknown as ReadonlySlice;
const plan = (groups: EndpointGroup[], existing: ReadonlySlice[] = []) => packSlices(groups, existing, () => true);

describe("packing endpoints into slices", () => {
  test("makes slices of at most 100", () => {
    const { create, update, remove } = plan([group(range(0, 250))]);
    expect(create.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
    expect([...update, ...remove]).toEqual([]);
  });

  test("writes nothing where nothing differs", () => {
    expect(plan([group(range(0, 3))], [slice("a", range(0, 3))])).toEqual({ create: [], update: [], remove: [] });
  });

  test("changes an endpoint in its slice and leaves the others alone", () => {
    const existing = [slice("a", range(0, 100)), slice("b", range(100, 50))];
    const { create, update, remove } = plan([group([...range(0, 100), endpoint(100, false), ...range(101, 49)])], existing);
    expect(update.map(({ slice }) => slice.metadata.name)).toEqual(["b"]);
    expect(update[0]?.content.endpoints).toHaveLength(50);
    expect([...create, ...remove]).toEqual([]);
  });

  test("fills a slice that is written anyway before it makes another", () => {
    const existing = [slice("a", range(0, 90)), slice("b", range(90, 90))];
    const { create, update } = plan([group([...range(1, 179), ...range(200, 10)])], existing);
    expect(update.map(({ slice }) => slice.metadata.name)).toEqual(["a"]);
    expect(update[0]?.content.endpoints).toHaveLength(99);
    expect(create).toEqual([]);
  });

  test("uses the empty slice of a Service for its first endpoints", () => {
    const { create, update, remove } = plan([group(range(0, 2))], [slice("empty", [], [])]);
    expect(update).toMatchObject([{ slice: { metadata: { name: "empty" } }, content: { ports, endpoints: [{}, {}] } }]);
    expect([...create, ...remove]).toEqual([]);
  });

  test("keeps one empty slice where there are no endpoints", () => {
    expect(plan([group([], [])]).create).toEqual([{ addressType: "IPv4", ports: [], endpoints: [] }]);
    expect(plan([group([], [])], [slice("empty", [], [])])).toEqual({ create: [], update: [], remove: [] });
  });
});
