/**
 * The node's sign of life: a Lease of 40 seconds, renewed every 10.
 * https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
 */
import { Lease } from "../../api/coordination/lease.ts";
import type { Node } from "../../api/core/node.ts";
import { isNotFound } from "../../api/errors.ts";
import type { Draft } from "../../api/meta.ts";
import { formatMicroTime } from "../../api/time.ts";
import type { Clock } from "../../base/clock.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";

const LEASE_NAMESPACE = "kube-node-lease";
export const RENEW_MS = 10_000;
export const LEASE_SECONDS = 40;

/** Renews it once; makes it where there is none. Rejects with ApiError. */
export function leaseRenewer(client: Client, clock: Clock, node: () => DeepReadonly<Node>): () => Promise<void> {
  let known = false;

  const draft = (): Draft<Lease> => {
    const { name, uid } = node().metadata;
    return {
      metadata: {
        name,
        namespace: LEASE_NAMESPACE,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) },
    };
  };

  return async () => {
    const { name } = node().metadata;
    const patch = {
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) },
    };
    try {
      if (!known) await client.get(Lease, { namespace: LEASE_NAMESPACE, name });
      known = true;
      await client.patch(Lease, { namespace: LEASE_NAMESPACE, name }, "merge", patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await client.create(Lease, draft());
      known = true;
    }
  };
}
