/** Binds a Pod to its node, after its claims have their volumes. */
import { Pod } from "../api/core/pod/pod.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { VolumeBindings } from "./core/framework.ts";
import type { PodInfo } from "./core/pod-info.ts";
import type { VolumeBinder } from "./volume-binder.ts";

export interface Binder {
  client: Client;
  events: EventRecorder;
  volumeBinder: VolumeBinder;
}

export interface Target {
  node: string;
  volumes: VolumeBindings | undefined;
}

/** Rejects where the API server, or a provisioner, refuses. */
export async function bind({ client, events, volumeBinder }: Binder, info: PodInfo, { node, volumes }: Target): Promise<void> {
  const { namespace = "", name, uid } = info.pod.metadata;
  if (volumes) await volumeBinder.bind(volumes, node);
  await client.post(Pod, { namespace, name }, "binding", {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name, namespace, uid },
    target: { apiVersion: "v1", kind: "Node", name: node },
  });
  events.event(info.pod, "Normal", "Scheduled", `Successfully assigned ${info.key} to ${node}`, { action: "Binding" });
}
