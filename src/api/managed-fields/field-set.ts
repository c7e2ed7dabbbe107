/**
 * Sets of field paths in the notation that clients see (FieldsV1), and what is done with them.
 *
 * A node without children is a member; one with children is a member only with `.` among them. Operations give new nodes and leave
 * their operands alone; an empty set is undefined, since an empty node would be a member.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/#System
 */
export interface FieldSet {
  [element: string]: FieldSet;
}

const MEMBER = ".";

const isLeaf = (set: FieldSet): boolean => {
  for (const _ in set) return false;
  return true;
};

const isMember = (set: FieldSet): boolean => MEMBER in set || isLeaf(set);

/** `.` stands before every child, as in what clients see. */
const memberWith = (children: FieldSet): FieldSet => ({ [MEMBER]: {}, ...children });

/** Everything that is in either. */
export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const member = isMember(a) || isMember(b);
  const result: FieldSet = {};
  for (const key of Object.keys(a)) if (key !== MEMBER) result[key] = union(a[key], b[key]) ?? {};
  for (const key of Object.keys(b)) if (key !== MEMBER && !(key in a)) result[key] = b[key] ?? {};
  return member && !isLeaf(result) ? memberWith(result) : result;
}

/** What is in `a` and not in `b`, path by path: a path in `b` takes nothing along that is below it. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a;
  const member = isMember(a) && !isMember(b);
  const result: FieldSet = {};
  for (const key of Object.keys(a)) {
    if (key === MEMBER) continue;
    const below = difference(a[key], b[key]);
    if (below !== undefined) result[key] = below;
  }
  if (isLeaf(result)) return member ? result : undefined;
  return member ? memberWith(result) : result;
}

/** The set with its members in the order in which they are shown; itself where they stand so. */
export function inOrder(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  let previous = "";
  let isOrdered = true;
  const members = keys.map((key): [string, FieldSet] => {
    const before = set[key] as FieldSet;
    const member = inOrder(before);
    isOrdered = isOrdered && previous <= key && member === before;
    previous = key;
    return [key, member];
  });
  return isOrdered ? set : Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
