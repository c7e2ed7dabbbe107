/** `timonier status`: what runs, in a few lines. */

import type { Command } from "commander";
import { Deployment } from "../api/apps/deployment.ts";
import { isConditionTrue } from "../api/conditions.ts";
import { Node } from "../api/core/node.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { realClock } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import { connectAsAdministrator } from "../cluster/administrator.ts";
import { dataDirectory, defaultDataDirectory, type ServerState } from "../cluster/data-directory.ts";
import { requireServer } from "./running-server.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("say what runs")
    .option("--data-dir <directory>", "where the cluster is kept")
    .action(async (options: { dataDir?: string }) => {
      const state = requireServer(dataDirectory(options.dataDir ?? defaultDataDirectory()));
      const { client, close } = await connectAsAdministrator(state.kubeconfig, realClock);
      try {
        for (const line of await statusLines(client, state)) console.log(line);
      } finally {
        await close();
      }
    });
}

async function statusLines(client: Client, state: ServerState): Promise<string[]> {
  const [nodes, pods, deployments] = await Promise.all([client.list(Node), client.list(Pod), client.list(Deployment)]);
  const ready = nodes.items.filter(({ status }) => isConditionTrue(status.conditions, "Ready"));
  const phases = new Map<string, number>();
  for (const { status } of pods.items) phases.set(status.phase ?? "Unknown", (phases.get(status.phase ?? "Unknown") ?? 0) + 1);
  const counted = [...phases].map(([phase, count]) => `${count} ${phase}`).join(", ");
  const unavailable = deployments.items.filter(({ spec, status }) => (status.availableReplicas ?? 0) < spec.replicas);
  return [
    `API          ${state.server} (process ${state.pid})`,
    `kubeconfig   ${state.kubeconfig}`,
    `nodes        ${ready.length} of ${nodes.items.length} ready (${state.runtime})`,
    `Pods         ${pods.items.length}${counted === "" ? "" : `: ${counted}`}`,
    `Deployments  ${deployments.items.length}${unavailable.length === 0 ? "" : `, not available: ${unavailable.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ")}`}`,
  ];
}
