/**
 * What strategic merge patch knows about types. The types themselves come from the schema tables; this is the little of them that
 * the merge reads.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#notes-on-the-strategic-merge-patch
 */
import type { FieldSchema, ObjectSchema } from "../schema.ts";

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

const types = new WeakMap<ObjectSchema, PatchType>();

/** How strategic merge reads a schema. */
export function patchTypeOf(schema: ObjectSchema): PatchType {
  const known = types.get(schema);
  if (known !== undefined) return known;
  const members = new Map<string, PatchMember>();
  const type: PatchType = {
    name: schema.name.slice(schema.name.lastIndexOf(".") + 1),
    member(key) {
      const field = schema.fields.get(key);
      if (field === undefined) return undefined;
      const member = members.get(key) ?? memberOf(field);
      members.set(key, member);
      return member;
    },
  };
  types.set(schema, type);
  return type;
}

function memberOf({ container, schema, patchStrategies, patchMergeKey }: FieldSchema): PatchMember {
  const type = schema && patchTypeOf(schema);
  return {
    strategy: (["merge", "replace"] as const).find((each) => patchStrategies.includes(each)),
    mergeKey: patchMergeKey,
    type: container === "map" ? mapOf(type) : type,
  };
}

function mapOf(type: PatchType | undefined): PatchType {
  const value: PatchMember = { strategy: undefined, mergeKey: undefined, type };
  return { name: "map", member: () => value };
}
