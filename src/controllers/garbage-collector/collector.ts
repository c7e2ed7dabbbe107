/**
 * The work on one node of the graph: every decision rests on the object as the server has it, never on the graph alone, and every write
 * names the version it rests on.
 */
import { isConflict, isNotFound } from "../../api/errors.ts";
import type { KubernetesObject, OwnerReference } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { Client } from "../../client/client.ts";
import type { ControlLoopContext } from "../controller.ts";
import { FOREGROUND, type Graph, type Node, ORPHAN, type Owner } from "./graph.ts";
import { liveObject, OwnerStates, type OwnerStatesOptions, refOf } from "./owner-states.ts";
import { type OwnerState, type Verdict, verdictOn } from "./verdict.ts";

export interface CollectorOptions extends Pick<OwnerStatesOptions, "resourceOf"> {
  graph: Graph;
  context: Pick<ControlLoopContext, "client" | "events">;
  /** Looks at this node. */
  enqueue(uid: string): void;
  /** The node is gone although no event said so. */
  gone(uid: string): void;
}

/** Conflicts in a row after which a change of owners is left to the work queue. */
const CHANGE_ATTEMPTS = 5;

/** Looks at the node of this uid, and does what is due for it. */
export function collector({ graph, context, resourceOf, enqueue, gone }: CollectorOptions): (uid: string) => Promise<void> {
  const { client, events } = context;
  const owners = new OwnerStates({ graph, client, events, resourceOf });
  return async (uid) => {
    const node = graph.get(uid);
    if (node === undefined) return;
    const special = node.awaitsDependents || node.orphans;
    if (!special && (node.deleting || owners.areSettled(node))) return;
    const object = await liveObject(client, node.of, node);
    if (object === undefined) return gone(uid);
    const dependents = [...graph.dependentsOf(uid)];
    if (node.orphans) await orphanDependents(client, node, object, dependents);
    else if (node.awaitsDependents) {
      for (const blocking of await awaitDependents(client, node, object, dependents)) enqueue(blocking.uid);
    } else {
      const verdict = await judge(owners, node, object, graph);
      await carryOut(verdict, client, node, object);
    }
  };
}

/** Frees all dependents of the node, then lets it go. */
async function orphanDependents(client: Client, node: Node, object: KubernetesObject, dependents: Node[]): Promise<void> {
  for (const dependent of dependents)
    await changeOwners(client, dependent, (owners) => owners.filter(({ uid }) => uid !== node.uid));
  await removeFinalizer(client, node.of, object, ORPHAN);
}

/** Lets the node go once no dependent blocks it; gives those that do and are still to be deleted. */
async function awaitDependents(client: Client, node: Node, object: KubernetesObject, dependents: Node[]): Promise<Node[]> {
  const blocking = dependents.filter(({ owners }) =>
    owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
  );
  if (blocking.length === 0) await removeFinalizer(client, node.of, object, FOREGROUND);
  return blocking.filter(({ awaitsDependents }) => !awaitsDependents);
}

async function judge(ownerStates: OwnerStates, node: Node, object: KubernetesObject, graph: Graph): Promise<Verdict> {
  const { ownerReferences: owners = [], finalizers = [] } = object.metadata;
  const states = new Map<Owner, OwnerState>();
  for (const owner of owners) states.set(owner, await ownerStates.stateOf(node, owner));
  const dependents = [...graph.dependentsOf(node.uid)];
  return verdictOn({ owners, finalizers, dependents }, (owner) => states.get(owner) ?? "present");
}

async function carryOut(verdict: Verdict, client: Client, node: Node, object: KubernetesObject): Promise<void> {
  if (verdict.action === "keep") return;
  if (verdict.action === "dropOwners") {
    const kept = new Set(verdict.keep.map(({ uid }) => uid));
    const ownerReferences = (object.metadata.ownerReferences ?? []).filter(({ uid }) => kept.has(uid));
    await patchMetadata(client, node.of, object, { ownerReferences });
    return;
  }
  const { propagationPolicy, unblock } = verdict;
  if (unblock) {
    await changeOwners(client, node, (owners) => owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })));
  }
  const precondition = unblock ? {} : { resourceVersion: object.metadata.resourceVersion };
  await client.delete(node.of, refOf(node), { uid: node.uid, propagationPolicy, ...precondition });
}

/** Writes the node's owners as `change` makes them of those that the server has. */
async function changeOwners(
  client: Client,
  node: Node,
  change: (owners: readonly OwnerReference[]) => OwnerReference[],
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const object = await liveObject(client, node.of, node);
    if (object === undefined) return;
    const owners = change(object.metadata.ownerReferences ?? []);
    try {
      await patchMetadata(client, node.of, object, { ownerReferences: owners.length === 0 ? null : owners });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || attempt === CHANGE_ATTEMPTS) throw error;
    }
  }
}

async function removeFinalizer(client: Client, of: AnyResource, object: KubernetesObject, finalizer: string): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  await patchMetadata(client, of, object, { finalizers });
}

async function patchMetadata(client: Client, of: AnyResource, object: KubernetesObject, changes: object): Promise<void> {
  const { resourceVersion, ...metadata } = object.metadata;
  await client.patch(of, refOf(metadata), "merge", { metadata: { resourceVersion, ...changes } });
}
