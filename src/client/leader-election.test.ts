import { describe, expect, test } from "vitest";
import { Lease } from "../api/coordination/lease.ts";
import { seededEntropy } from "../base/entropy.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import { startLeaderElection } from "./leader-election.ts";
import { fakeClient } from "./testing/fake-client.ts";

function bench() {
  const clock = virtualClock();
  const entropy = seededEntropy(5);
  const client = fakeClient({ clock, entropy });
  const leaders = new Set<string>();
  const stand = (identity: string) =>
    startLeaderElection({
      client,
      clock,
      entropy,
      name: "controllers",
      identity,
      lead(lost) {
        leaders.add(identity);
        lost.addEventListener("abort", () => leaders.delete(identity));
      },
    });
  return { clock, client, leaders, stand };
}

describe("leader election", () => {
  test("has one leader, and another soon after it stops", async () => {
    const { clock, leaders, stand } = bench();
    const a = stand("a");
    await clock.advance(100);
    const b = stand("b");
    await clock.advance(60_000);
    expect([...leaders]).toEqual(["a"]);
    await a.stop();
    await clock.advance(5_000);
    expect([...leaders]).toEqual(["b"]);
    await b.stop();
  });

  test("stops leading where it cannot renew, before another begins", async () => {
    const { clock, client, leaders, stand } = bench();
    const a = stand("a");
    await clock.advance(5_000);
    client.refuse = (verb, of) => (of === Lease && verb === "update" ? new Error("no server") : undefined);
    await clock.advance(12_500);
    expect([...leaders]).toEqual([]);
    client.refuse = undefined;
    await a.stop();
  });
});
