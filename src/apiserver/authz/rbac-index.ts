/**
 * Who holds which rules, from Roles and bindings, kept current by events.
 *
 * A binding lies once under each of its subjects and its namespace, so finding a user's rules looks only at bindings that name the
 * user or one of the groups: the cost does not grow with roles and bindings that concern others. A role may come after its binding.
 */
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from "../../api/generated/rbac-v1.ts";
import type { UserInfo } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Rule } from "./policy-rule.ts";

export type AnyRole = DeepReadonly<Role | ClusterRole>;
export type AnyBinding = DeepReadonly<RoleBinding | ClusterRoleBinding>;

/** That a subject has the rules of a role, in the binding's namespace, or everywhere. */
export interface Grant {
  readonly binding: AnyBinding;
  readonly subject: DeepReadonly<Subject>;
}

/** `rules` is undefined where the role of the grant does not exist. Return false to stop. */
export type RuleVisitor = (rules: readonly Rule[] | undefined, grant: Grant) => boolean;

export interface RbacIndex {
  setRole(role: AnyRole): void;
  deleteRole(role: AnyRole): void;
  setBinding(binding: AnyBinding): void;
  deleteBinding(binding: AnyBinding): void;
  clear(): void;
  /** Rules that hold everywhere, then, where `namespace` is not empty, those that hold in it. */
  visit(user: UserInfo, namespace: string, visitor: RuleVisitor): void;
  /** `namespace` is empty for a ClusterRole. */
  rulesOf(namespace: string, name: string): readonly Rule[] | undefined;
}

const NONE: readonly Rule[] = [];

/** Namespaces and names hold no slash, and NUL is in neither users nor groups. */
const roleKey = (namespace: string, name: string): string => `${namespace}/${name}`;
const userPlace = (namespace: string, name: string): string => `${namespace}\0u\0${name}`;
const groupPlace = (namespace: string, name: string): string => `${namespace}\0g\0${name}`;

const namespaceOfBinding = (binding: AnyBinding): string => binding.metadata.namespace ?? "";

/** Where a subject's grants lie. Undefined: the subject names nobody. */
function placeOf(subject: DeepReadonly<Subject>, namespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return userPlace(namespace, subject.name);
    case "Group":
      return groupPlace(namespace, subject.name);
    case "ServiceAccount": {
      const home = subject.namespace || namespace;
      return home === "" ? undefined : userPlace(namespace, `system:serviceaccount:${home}:${subject.name}`);
    }
    default:
      return undefined;
  }
}

export function rbacIndex(): RbacIndex {
  const roles = new Map<string, readonly Rule[]>();
  const bindings = new Map<string, AnyBinding>();
  const grants = new Map<string, Map<string, Grant>>();

  function remove(key: string): void {
    const binding = bindings.get(key);
    if (binding === undefined) return;
    bindings.delete(key);
    for (const subject of binding.subjects ?? []) {
      const place = placeOf(subject, namespaceOfBinding(binding));
      const held = place === undefined ? undefined : grants.get(place);
      if (place === undefined || held === undefined) continue;
      held.delete(key);
      if (held.size === 0) grants.delete(place);
    }
  }

  function add(key: string, binding: AnyBinding): void {
    bindings.set(key, binding);
    for (const subject of binding.subjects ?? []) {
      const place = placeOf(subject, namespaceOfBinding(binding));
      if (place === undefined) continue;
      const held = grants.get(place) ?? new Map<string, Grant>();
      held.set(key, { binding, subject });
      grants.set(place, held);
    }
  }

  const rulesOfGrant = ({ binding }: Grant): readonly Rule[] | undefined =>
    roles.get(roleKey(binding.roleRef.kind === "ClusterRole" ? "" : namespaceOfBinding(binding), binding.roleRef.name));

  function visitPlace(place: string, visitor: RuleVisitor): boolean {
    for (const grant of grants.get(place)?.values() ?? []) if (!visitor(rulesOfGrant(grant), grant)) return false;
    return true;
  }

  const visitIn = (user: UserInfo, namespace: string, visitor: RuleVisitor): boolean =>
    visitPlace(userPlace(namespace, user.name), visitor) &&
    user.groups.every((group) => visitPlace(groupPlace(namespace, group), visitor));

  const keyOf = (object: AnyRole | AnyBinding): string => roleKey(object.metadata.namespace ?? "", object.metadata.name);

  return {
    setRole: (role) => void roles.set(keyOf(role), role.rules ?? NONE),
    deleteRole: (role) => void roles.delete(keyOf(role)),
    setBinding(binding) {
      const key = keyOf(binding);
      remove(key);
      add(key, binding);
    },
    deleteBinding: (binding) => remove(keyOf(binding)),
    clear() {
      roles.clear();
      bindings.clear();
      grants.clear();
    },
    visit(user, namespace, visitor) {
      if (visitIn(user, "", visitor) && namespace !== "") visitIn(user, namespace, visitor);
    },
    rulesOf: (namespace, name) => roles.get(roleKey(namespace, name)),
  };
}

/** All rules that `user` holds in `namespace`; those of missing roles are left out. */
export function rulesFor(index: RbacIndex, user: UserInfo, namespace: string): Rule[] {
  const held: Rule[] = [];
  index.visit(user, namespace, (rules) => {
    if (rules !== undefined) held.push(...rules);
    return true;
  });
  return held;
}
