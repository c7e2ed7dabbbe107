/**
 * rbac.authorization.k8s.io/v1 Role: what may be done, in a namespace.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { validateRules } from "./validation.ts";

export type Role = generated.Role;

const strategy: Strategy<Role> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  nameErrors: (name) => pathSegmentErrors(name),
  validate: ({ rules }, _previous, report) => validateRules(rules, true, report),
};

export const Role: Resource<Role> = resource({ group: "rbac.authorization.k8s.io", resource: "roles" }, strategy);
