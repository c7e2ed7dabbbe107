/**
 * The work on one node of the graph: every decision rests on the object as the server has it, never on the graph alone, and every write
 * names the version it rests on.
 */
import { isConflict, isNotFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { ControlLoopContext } from "../controller.ts";
import { FOREGROUND, type Graph, type Node, ORPHAN, type Owner } from "./graph.ts";
import { type OwnerState, verdictOn } from "./verdict.ts";

export interface CollectorOptions {
  graph: Graph;
  context: Pick<ControlLoopContext, "client" | "events">;
  /** The resource of a kind; undefined where the server knows none. */
  resourceOf(apiVersion: string, kind: string): AnyResource | undefined;
  /** Looks at this node. */
  enqueue(uid: string): void;
  /** The node is gone although no event said so. */
  gone(uid: string): void;
}

/** Owners known to be gone, so that many dependents ask but once. */
const ABSENT_REMEMBERED = 500;

const refOf = ({ namespace, name }: { namespace: string; name: string }) => ({
  ...(namespace === "" ? {} : { namespace }),
  name,
});

const isAt = (node: Node, owner: Owner, namespace: string): boolean =>
  node.of.kind === owner.kind && node.namespace === namespace && node.name === owner.name;

export function collector({ graph, context, resourceOf, enqueue, gone }: CollectorOptions) {
  const { client, events } = context;
  const absent = new Set<string>();

  async function live(
    of: AnyResource,
    ref: { namespace: string; name: string },
    uid: string,
  ): Promise<KubernetesObject | undefined> {
    try {
      const object: KubernetesObject = await client.get(of, refOf(ref));
      return object.metadata.uid === uid ? object : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  function rememberAbsent(key: string): OwnerState {
    absent.add(key);
    for (const oldest of absent) {
      if (absent.size <= ABSENT_REMEMBERED) break;
      absent.delete(oldest);
    }
    return "absent";
  }

  /** An owner in the child's namespace, or of a cluster-scoped kind. Throws where its kind is unknown: it may come yet. */
  async function stateOf(node: Node, owner: Owner): Promise<OwnerState> {
    const of = resourceOf(owner.apiVersion, owner.kind);
    if (of === undefined) throw new Error(`no resource of kind ${owner.apiVersion}/${owner.kind} is known`);
    // A cluster-scoped object cannot say in which namespace its owner would be: it is left alone.
    if (of.namespaced && node.namespace === "") {
      sayInvalid(node, owner);
      return "present";
    }
    const namespace = of.namespaced ? node.namespace : "";
    const known = graph.get(owner.uid);
    if (known !== undefined && isAt(known, owner, namespace)) return known.awaitsDependents ? "waiting" : "present";
    if (known !== undefined && known.namespace !== namespace) sayInvalid(node, owner);
    const key = `${namespace}/${owner.uid}`;
    if (absent.has(key)) return "absent";
    const object = await live(of, { namespace, name: owner.name }, owner.uid);
    if (object === undefined) return rememberAbsent(key);
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? "waiting" : "present";
  }

  /** All owners were seen and are not going: nothing to ask the server for. */
  function isSettled(node: Node): boolean {
    return node.owners.every((owner) => {
      const known = graph.get(owner.uid);
      return known !== undefined && !known.awaitsDependents && isAt(known, owner, known.of.namespaced ? node.namespace : "");
    });
  }

  function sayInvalid(node: Node, owner: Owner): void {
    const subject = {
      apiVersion: node.of.apiVersion,
      kind: node.of.kind,
      metadata: { namespace: node.namespace, name: node.name, uid: node.uid },
    };
    const words = `[${owner.apiVersion}/${owner.kind}, namespace: ${node.namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    const message = `ownerRef ${words} does not exist in namespace "${node.namespace}"`;
    events.event(subject as unknown as KubernetesObject, "Warning", "OwnerRefInvalidNamespace", message);
  }

  const patchMetadata = (of: AnyResource, { metadata }: KubernetesObject, changes: object): Promise<unknown> => {
    const ref = refOf({ namespace: metadata.namespace ?? "", name: metadata.name });
    return client.patch(of, ref, "merge", { metadata: { resourceVersion: metadata.resourceVersion, ...changes } });
  };

  const removeFinalizer = (of: AnyResource, object: KubernetesObject, finalizer: string): Promise<unknown> =>
    patchMetadata(of, object, { finalizers: (object.metadata.finalizers ?? []).filter((each) => each !== finalizer) });

  /** Takes the reference to `uid` out of an object, or what it says about blocking. */
  async function changeOwners(
    node: Node,
    change: (owners: KubernetesObject["metadata"]["ownerReferences"] & object) => object[],
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const object = await live(node.of, node, node.uid);
      if (object === undefined) return;
      const owners = change(object.metadata.ownerReferences ?? []);
      try {
        await patchMetadata(node.of, object, { ownerReferences: owners.length === 0 ? null : owners });
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isConflict(error) || attempt === 4) throw error;
      }
    }
  }

  /** Frees all dependents of the node, then lets it go. */
  async function orphanDependents(node: Node, object: KubernetesObject): Promise<void> {
    const dependents = [...graph.dependentsOf(node.uid)];
    for (const dependent of dependents) await changeOwners(dependent, (owners) => owners.filter(({ uid }) => uid !== node.uid));
    await removeFinalizer(node.of, object, ORPHAN);
  }

  /** Lets the node go once no dependent blocks it; sees to it that those that do are deleted. */
  async function awaitDependents(node: Node, object: KubernetesObject): Promise<void> {
    const blocking = [...graph.dependentsOf(node.uid)].filter(({ owners }) =>
      owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true),
    );
    if (blocking.length === 0) await removeFinalizer(node.of, object, FOREGROUND);
    for (const { uid, awaitsDependents } of blocking) if (!awaitsDependents) enqueue(uid);
  }

  async function judge(node: Node, object: KubernetesObject): Promise<void> {
    const owners: readonly Owner[] = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = new Map<Owner, OwnerState>();
    for (const owner of owners) states.set(owner, await stateOf(node, owner));
    const dependents = [...graph.dependentsOf(node.uid)];
    const subject = { owners, finalizers: object.metadata.finalizers ?? [], dependents };
    const verdict = verdictOn(subject, (owner) => states.get(owner) ?? "present");
    if (verdict.action === "keep") return;
    if (verdict.action === "dropOwners") {
      const kept = new Set(verdict.keep.map(({ uid }) => uid));
      await patchMetadata(node.of, object, {
        ownerReferences: (object.metadata.ownerReferences ?? []).filter(({ uid }) => kept.has(uid)),
      });
      return;
    }
    if (verdict.unblock) {
      await changeOwners(node, (present) => present.map((owner) => ({ ...owner, blockOwnerDeletion: false })));
    }
    const { propagationPolicy } = verdict;
    const precondition = verdict.unblock ? {} : { resourceVersion: object.metadata.resourceVersion };
    await client.delete(node.of, refOf(node), { uid: node.uid, propagationPolicy, ...precondition });
  }

  return async function collect(uid: string): Promise<void> {
    const node = graph.get(uid);
    if (node === undefined) return;
    const special = node.awaitsDependents || node.orphans;
    if (!special && (node.deleting || isSettled(node))) return;
    const object = await live(node.of, node, uid);
    if (object === undefined) return gone(uid);
    if (node.orphans) await orphanDependents(node, object);
    else if (node.awaitsDependents) await awaitDependents(node, object);
    else await judge(node, object);
  };
}
