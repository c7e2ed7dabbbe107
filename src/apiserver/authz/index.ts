/**
 * The authorizers in upstream's order (`--authorization-mode=Node,RBAC`) with the indexes that they read, and how these follow the
 * cache.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/
 */
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { ClusterRole } from "../../api/rbac/cluster-role.ts";
import { ClusterRoleBinding } from "../../api/rbac/cluster-role-binding.ts";
import { Role } from "../../api/rbac/role.ts";
import { RoleBinding } from "../../api/rbac/role-binding.ts";
import { ResourceSlice } from "../../api/resource/resource-slice.ts";
import { VolumeAttachment } from "../../api/storage/volume-attachment.ts";
import type { Feed } from "../cache/feed.ts";
import type { Authorizer } from "./authorizer.ts";
import { follow, followItems } from "./follow.ts";
import { nodeAuthorizer } from "./node-authorizer.ts";
import { nodeIndex } from "./node-index.ts";
import { mastersAuthorizer, rbacAuthorizer } from "./rbac.ts";
import { type RbacIndex, rbacIndex } from "./rbac-index.ts";

export interface Authorization {
  readonly authorizers: readonly Authorizer[];
  readonly rbac: RbacIndex;
  /** Resolves when the indexes hold what is stored. Gives the function that ends it. */
  follow(feed: Feed): Promise<() => void>;
}

export function authorization(): Authorization {
  const rbac = rbacIndex();
  const nodes = nodeIndex();
  const roles = { set: rbac.setRole, remove: rbac.deleteRole };
  const bindings = { set: rbac.setBinding, remove: rbac.deleteBinding };
  return {
    authorizers: [mastersAuthorizer, nodeAuthorizer(nodes), rbacAuthorizer(rbac)],
    rbac,
    async follow(feed) {
      const ends = await Promise.all([
        follow(feed, Role, roles),
        follow(feed, ClusterRole, roles),
        follow(feed, RoleBinding, bindings),
        follow(feed, ClusterRoleBinding, bindings),
        followItems(feed, Pod, { set: nodes.setPod, remove: nodes.removePod }),
        follow(feed, PersistentVolume, { set: nodes.setVolume, remove: nodes.removeVolume }),
        follow(feed, VolumeAttachment, { set: nodes.setAttachment, remove: nodes.removeAttachment }),
        follow(feed, ResourceSlice, { set: nodes.setSlice, remove: nodes.removeSlice }),
      ]);
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
