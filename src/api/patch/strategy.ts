/**
 * What strategic merge patch knows about types. The types themselves come from the schema tables; this is the little of them that
 * the merge reads.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#notes-on-the-strategic-merge-patch
 */
export interface PatchType {
  /** Go's short name of the type, for messages: `PodSpec`. */
  readonly name: string;
  /** Undefined where the type has no such member. A map has every member. */
  member(key: string): PatchMember | undefined;
}

export interface PatchMember {
  /** `merge` joins lists element by element; `replace` takes an object or a list as a whole; unset: objects merge, lists are replaced. */
  readonly strategy: "merge" | "replace" | undefined;
  /** The member that tells elements of a merged list apart; unset in lists of scalars. Of composite keys it is the first, as upstream. */
  readonly mergeKey: string | undefined;
  /** The type of the object, of the list's elements, or of the map's values; undefined where they are scalars. */
  readonly type: PatchType | undefined;
}
