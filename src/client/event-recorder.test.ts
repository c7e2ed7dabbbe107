import { describe, expect, test } from "vitest";
import { Event } from "../api/core/event.ts";
import type { KubernetesObject } from "../api/meta.ts";
import { seededEntropy } from "../base/entropy.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import { createEventRecorder } from "./event-recorder.ts";
import { fakeClient } from "./testing/fake-client.ts";

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "default", name: "web", uid: "u1", resourceVersion: "7" },
} as KubernetesObject;

function bench() {
  const clock = virtualClock();
  const entropy = seededEntropy(1);
  const client = fakeClient({ clock, entropy });
  const recorder = createEventRecorder({ client, clock, entropy, component: "deployment-controller" });
  return { clock, client, recorder, events: () => client.all<Event>(Event) };
}

describe("an event recorder", () => {
  test("writes events as upstream's clients do", async () => {
    const { clock, recorder, events } = bench();
    recorder.event(web, "Normal", "ScalingReplicaSet", "Scaled up");
    await clock.settle();
    expect(events()[0]).toMatchObject({
      metadata: { namespace: "default", name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      involvedObject: {
        kind: "Deployment",
        namespace: "default",
        name: "web",
        uid: "u1",
        apiVersion: "apps/v1",
        resourceVersion: "7",
      },
      reason: "ScalingReplicaSet",
      message: "Scaled up",
      type: "Normal",
      count: 1,
      source: { component: "deployment-controller" },
      reportingComponent: "deployment-controller",
      reportingInstance: "",
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      eventTime: null,
    });
  });

  test("gives way to what matters more, in order and for five seconds at most", async () => {
    const { clock, client, events } = bench();
    let resume = (): void => {};
    const yieldTo = (limitMs: number) =>
      new Promise<void>((resolve) => {
        resume = resolve;
        clock.after(limitMs, resolve);
      });
    const recorder = createEventRecorder({ client, clock, entropy: seededEntropy(1), component: "kubelet", yieldTo });
    recorder.event(web, "Normal", "First", "words");
    await clock.advance(4_000);
    expect(events()).toEqual([]);
    recorder.event(web, "Normal", "Second", "words");
    resume();
    await clock.settle();
    expect(events().map(({ reason }) => reason)).toEqual(["First"]);
    await clock.advance(5_000);
    expect(events().map(({ reason }) => reason)).toEqual(["First", "Second"]);
  });

  test("counts up what is said again", async () => {
    const { clock, recorder, events } = bench();
    for (let time = 0; time < 3; time++) {
      recorder.event(web, "Normal", "Same", "words");
      await clock.advance(5_000);
    }
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      count: 3,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:10Z",
    });
  });

  test("combines many messages of one reason", async () => {
    const { clock, recorder, events } = bench();
    for (let number = 0; number < 14; number++) recorder.event(web, "Normal", "Many", `message ${number}`);
    await clock.settle();
    expect(events()).toHaveLength(10);
    expect(events().at(-1)).toMatchObject({ message: "(combined from similar events): message 13", count: 5 });
  });

  test("cuts a component short that shouts about one object, and hears it again after a while", async () => {
    const { clock, recorder, events } = bench();
    for (let number = 0; number < 60; number++) recorder.event(web, "Normal", `Reason${number}`, "words");
    await clock.settle();
    expect(events()).toHaveLength(25);
    await clock.advance(300_000);
    recorder.event(web, "Normal", "Later", "words");
    await clock.settle();
    expect(events()).toHaveLength(26);
  });
});
