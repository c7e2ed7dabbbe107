/**
 * What is known of an object's owners: from the graph where it has seen them, else from the server, which is asked once for many
 * dependents of one owner that is gone.
 */
import { isNotFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { recentMap } from "../../base/recent-map.ts";
import type { Client, ObjectRef } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import { FOREGROUND, type Graph, type Node, type Owner } from "./graph.ts";
import type { OwnerState } from "./verdict.ts";

/** Owners known to be gone, so that many dependents ask but once. */
const ABSENT_REMEMBERED = 500;

export interface OwnerStatesOptions {
  graph: Graph;
  client: Client;
  events: EventRecorder;
  /** The resource of a kind; undefined where the server knows none. */
  resourceOf(apiVersion: string, kind: string): AnyResource | undefined;
}

export const refOf = ({ namespace, name }: { namespace?: string; name: string }): ObjectRef => ({
  ...(namespace ? { namespace } : {}),
  name,
});

/** The object as the server has it now; undefined where it is gone, though another may have its name. */
export async function liveObject(
  client: Client,
  of: AnyResource,
  { uid, ...ref }: { namespace: string; name: string; uid: string },
): Promise<KubernetesObject | undefined> {
  try {
    const object: KubernetesObject = await client.get(of, refOf(ref));
    return object.metadata.uid === uid ? object : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const isAt = (node: Node, owner: Owner, namespace: string): boolean =>
  node.of.kind === owner.kind && node.namespace === namespace && node.name === owner.name;

export class OwnerStates {
  readonly #options: OwnerStatesOptions;
  readonly #absent = recentMap<string, true>(ABSENT_REMEMBERED);

  constructor(options: OwnerStatesOptions) {
    this.#options = options;
  }

  /** All owners were seen and are not going: nothing to ask the server for. */
  areSettled(node: Node): boolean {
    return node.owners.every((owner) => {
      const known = this.#options.graph.get(owner.uid);
      return known !== undefined && !known.awaitsDependents && isAt(known, owner, known.of.namespaced ? node.namespace : "");
    });
  }

  /** An owner in the child's namespace, or of a cluster-scoped kind. Throws where its kind is unknown: it may come yet. */
  async stateOf(node: Node, owner: Owner): Promise<OwnerState> {
    const { graph, resourceOf } = this.#options;
    const of = resourceOf(owner.apiVersion, owner.kind);
    if (of === undefined) throw new Error(`no resource of kind ${owner.apiVersion}/${owner.kind} is known`);
    // A cluster-scoped object cannot say in which namespace its owner would be: it is left alone.
    if (of.namespaced && node.namespace === "") {
      this.#sayInvalid(node, owner);
      return "present";
    }
    const namespace = of.namespaced ? node.namespace : "";
    const known = graph.get(owner.uid);
    if (known !== undefined && isAt(known, owner, namespace)) return known.awaitsDependents ? "waiting" : "present";
    if (known !== undefined && known.namespace !== namespace) this.#sayInvalid(node, owner);
    return this.#askServer(of, { namespace, name: owner.name, uid: owner.uid });
  }

  async #askServer(of: AnyResource, owner: { namespace: string; name: string; uid: string }): Promise<OwnerState> {
    const key = `${owner.namespace}/${owner.uid}`;
    if (this.#absent.get(key)) return "absent";
    const object = await liveObject(this.#options.client, of, owner);
    if (object === undefined) {
      this.#absent.set(key, true);
      return "absent";
    }
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? "waiting" : "present";
  }

  #sayInvalid({ of, namespace, name, uid }: Node, owner: Owner): void {
    const subject = { apiVersion: of.apiVersion, kind: of.kind, metadata: { namespace, name, uid } };
    const words = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    const message = `ownerRef ${words} does not exist in namespace "${namespace}"`;
    this.#options.events.event(subject as unknown as KubernetesObject, "Warning", "OwnerRefInvalidNamespace", message);
  }
}
