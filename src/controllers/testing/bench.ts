/** Controllers on a server in memory and a virtual clock: what their tests stand on. */
import { seededEntropy } from "../../base/entropy.ts";
import { logger } from "../../base/logger.ts";
import { type VirtualClock, virtualClock } from "../../base/virtual-clock.ts";
import { createInformers } from "../../client/informers.ts";
import { type FakeClient, fakeClient } from "../../client/testing/fake-client.ts";
import type { AnyController, ControlLoop } from "../controller.ts";
import { startControllers } from "../runner.ts";

export interface Bench extends AsyncDisposable {
  client: FakeClient;
  clock: VirtualClock;
  /** Warnings and errors that controllers logged. */
  complaints: string[];
}

export async function controllerBench(options: {
  controllers?: readonly AnyController[];
  loops?: readonly ControlLoop[];
}): Promise<Bench> {
  const clock = virtualClock();
  const entropy = seededEntropy(7);
  const client = fakeClient({ clock, entropy });
  const complaints: string[] = [];
  const log = logger((_, message, fields) => complaints.push(`${message} ${JSON.stringify(fields)}`), "warn");
  const informers = createInformers({ client, clock, entropy, logger: log });
  const { controllers = [], loops = [] } = options;
  const running = startControllers({ controllers, loops, informers, clientFor: () => client, clock, entropy, logger: log });
  await clock.settle();
  return {
    client,
    clock,
    complaints,
    async [Symbol.asyncDispose]() {
      await running.stop();
      await informers.stop();
    },
  };
}
