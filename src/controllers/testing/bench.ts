/** Controllers on a server in memory and a virtual clock: what their tests stand on. */
import { Pod } from "../../api/core/pod/pod.ts";
import type { Clock } from "../../base/clock.ts";
import { seededEntropy } from "../../base/entropy.ts";
import { logger } from "../../base/logger.ts";
import { type VirtualClock, virtualClock } from "../../base/virtual-clock.ts";
import type { Client } from "../../client/client.ts";
import { createInformers } from "../../client/informers.ts";
import { type FakeClient, fakeClient } from "../../client/testing/fake-client.ts";
import type { AnyController, ControlLoop } from "../controller.ts";
import { type RunningControllers, startControllers } from "../runner.ts";

export interface Bench extends AsyncDisposable {
  client: FakeClient;
  clock: VirtualClock;
  /** Warnings and errors that controllers logged. */
  complaints: string[];
  /** Starts more of them. */
  begin(parts: Parts): Promise<void>;
}

/** Stands in for scheduler and kubelet: every Pod runs and is ready at once, where `fails` does not say otherwise. */
export function runPods(client: Client, clock: Clock, fails: (pod: Pod) => boolean = () => false): { stop(): void } {
  const stopping = new AbortController();
  void client.watch(Pod, { resourceVersion: "", signal: stopping.signal }, (event) => {
    if (event.type !== "ADDED" || fails(event.object)) return;
    const { namespace = "", name } = event.object.metadata;
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: new Date(clock.now()).toISOString() }];
    const status = { phase: "Running", conditions };
    client.patch(Pod, { namespace, name }, "merge", { spec: { nodeName: "node-1" }, status }).catch(() => {});
  });
  return { stop: () => stopping.abort() };
}

interface Parts {
  controllers?: readonly AnyController[];
  loops?: readonly ControlLoop[];
}

export async function controllerBench(parts: Parts): Promise<Bench> {
  const clock = virtualClock();
  const entropy = seededEntropy(7);
  const client = fakeClient({ clock, entropy });
  const complaints: string[] = [];
  const log = logger((_, message, fields) => complaints.push(`${message} ${JSON.stringify(fields)}`), "warn");
  const informers = createInformers({ client, clock, entropy, logger: log });
  const running: RunningControllers[] = [];
  const bench: Bench = {
    client,
    clock,
    complaints,
    async begin({ controllers = [], loops = [] }) {
      running.push(startControllers({ controllers, loops, informers, clientFor: () => client, clock, entropy, logger: log }));
      await clock.settle();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((each) => each.stop()));
      await informers.stop();
    },
  };
  await bench.begin(parts);
  return bench;
}
