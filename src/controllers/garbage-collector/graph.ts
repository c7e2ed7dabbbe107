/**
 * Who owns whom, over all kinds: a projection of metadata, not the objects.
 *
 * A node stands for an object that was seen. Dependents are kept by the uid of their owner, whether that owner was seen or not, so that
 * nothing has to be made up for owners that do not exist.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import type { KubernetesObject, OwnerReference } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

export type Owner = Pick<OwnerReference, "apiVersion" | "kind" | "name" | "uid"> & { blockOwnerDeletion?: boolean | undefined };

export interface Node {
  readonly uid: string;
  readonly of: AnyResource;
  readonly namespace: string;
  readonly name: string;
  owners: readonly Owner[];
  deleting: boolean;
  /** Deleted in the foreground: it waits for the dependents that block it. */
  awaitsDependents: boolean;
  /** Deleted with its dependents to be left alone. */
  orphans: boolean;
}

export interface Graph {
  get(uid: string): Node | undefined;
  dependentsOf(uid: string): Iterable<Node>;
  /** Takes over what is new, and gives the uids of nodes that are to be looked at for it. */
  put(of: AnyResource, object: DeepReadonly<KubernetesObject>): string[];
  remove(uid: string): string[];
  readonly size: number;
}

const NONE: readonly Owner[] = [];

const ownersIn = ({ metadata: { ownerReferences } }: DeepReadonly<KubernetesObject>): readonly Owner[] =>
  ownerReferences?.map(({ apiVersion, kind, name, uid, blockOwnerDeletion }) => ({
    apiVersion,
    kind,
    name,
    uid,
    blockOwnerDeletion,
  })) ?? NONE;

const blocks = (owners: readonly Owner[], uid: string): boolean =>
  owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);

export function ownerGraph(): Graph {
  const nodes = new Map<string, Node>();
  const dependents = new Map<string, Set<Node>>();

  const dependentsOf = (uid: string): Iterable<Node> => dependents.get(uid) ?? [];
  const uidsOf = (found: Iterable<Node>): string[] => Array.from(found, ({ uid }) => uid);

  function link(node: Node): void {
    for (const { uid } of node.owners) {
      const known = dependents.get(uid);
      if (known === undefined) dependents.set(uid, new Set([node]));
      else known.add(node);
    }
  }

  function unlink(node: Node): void {
    for (const { uid } of node.owners) {
      const known = dependents.get(uid);
      if (known?.delete(node) && known.size === 0) dependents.delete(uid);
    }
  }

  /** Owners that wait for the node and need no longer. */
  function released(before: readonly Owner[], after: readonly Owner[]): string[] {
    return before
      .filter(({ uid }) => blocks(before, uid) && !blocks(after, uid) && nodes.get(uid)?.awaitsDependents)
      .map(({ uid }) => uid);
  }

  return {
    get size() {
      return nodes.size;
    },
    get: (uid) => nodes.get(uid),
    dependentsOf,
    put(of, object) {
      const { uid, name, namespace = "", deletionTimestamp, finalizers = [] } = object.metadata;
      const deleting = deletionTimestamp !== undefined;
      const state = {
        owners: ownersIn(object),
        deleting,
        awaitsDependents: deleting && finalizers.includes(FOREGROUND),
        orphans: deleting && finalizers.includes(ORPHAN),
      };
      const before = nodes.get(uid);
      const node = before ?? { uid, of, namespace, name, ...state };
      const due = before === undefined ? [] : released(before.owners, state.owners);
      const began = state.awaitsDependents && !(before?.awaitsDependents ?? false);
      const changed = before === undefined ? state.owners.length > 0 : !sameContent(before.owners, state.owners);
      if (began || changed || (state.orphans && !(before?.orphans ?? false))) due.push(uid);
      if (before !== undefined) unlink(before);
      Object.assign(node, state);
      nodes.set(uid, node);
      link(node);
      if (began) due.push(...uidsOf(dependentsOf(uid)));
      return due;
    },
    remove(uid) {
      const node = nodes.get(uid);
      if (node === undefined) return uidsOf(dependentsOf(uid));
      nodes.delete(uid);
      unlink(node);
      return [...released(node.owners, NONE), ...waitingOwners(node), ...uidsOf(dependentsOf(uid))];
    },
  };

  function waitingOwners({ owners }: Node): string[] {
    return owners.filter(({ uid }) => nodes.get(uid)?.awaitsDependents).map(({ uid }) => uid);
  }
}
