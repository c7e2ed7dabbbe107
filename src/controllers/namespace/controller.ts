/**
 * Empties a Namespace that is being deleted, and then lets it go.
 *
 * Every resource that discovery names is deleted, Pods first, so that nothing they rest on goes before they have ended. What stays
 * (finalizers, Pods that take their time) is reported in conditions and looked at again. Only when nothing is left and everything could
 * be asked does the finalizer `kubernetes` go.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */
import { Namespace } from "../../api/core/namespace.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { isApiError } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, type ControllerContext, on, type Reconcile } from "../controller.ts";
import { discover } from "../discovery.ts";
import { messageOf } from "../pod-control.ts";
import { type Remainder, terminatingStatus } from "./status.ts";

const FINALIZER = "kubernetes";
/** Pods, as they are counted. */
const PODS = "pods.";
/** How long content with finalizers is given before it is looked at again. */
const FINALIZER_SECONDS = 15;

/** One pass over one resource: deletes everything, and gives what is left. */
async function empty(of: AnyResource, namespace: string, { client }: ControllerContext): Promise<readonly KubernetesObject[]> {
  const listing = { namespace, metadataOnly: true };
  const before = await client.list<KubernetesObject>(of, { ...listing, limit: 1 });
  if (before.items.length === 0) return [];
  if (of.verbs.includes("deletecollection")) await client.deleteCollection(of, { namespace, propagationPolicy: "Background" });
  else {
    for (const { metadata } of (await client.list<KubernetesObject>(of, listing)).items) {
      await client.delete(of, { namespace, name: metadata.name }, { propagationPolicy: "Background" }).catch(ignoreMissing);
    }
  }
  return (await client.list<KubernetesObject>(of, listing)).items;
}

function ignoreMissing(error: unknown): void {
  if (!isApiError(error) || error.code !== 404) throw error;
}

/** The longest grace that one of the Pods has left. */
function graceSeconds(pods: readonly KubernetesObject[]): number {
  return Math.max(0, ...pods.map(({ metadata }) => metadata.deletionGracePeriodSeconds ?? 30));
}

interface Pass extends Remainder {
  objects: Map<string, number>;
  finalizers: Map<string, number>;
  failures: string[];
  waitSeconds: number;
}

function count(pass: Pass, of: AnyResource, left: readonly KubernetesObject[]): void {
  if (left.length === 0) return;
  pass.objects.set(`${of.resource}.${of.group}`, left.length);
  for (const { metadata } of left) {
    for (const finalizer of metadata.finalizers ?? []) pass.finalizers.set(finalizer, (pass.finalizers.get(finalizer) ?? 0) + 1);
  }
  pass.waitSeconds = Math.max(pass.waitSeconds, of === Pod ? graceSeconds(left) : FINALIZER_SECONDS);
}

async function emptyAll(namespace: string, context: ControllerContext): Promise<Pass> {
  const { resources, failed } = await discover(context.client);
  const pass: Pass = { undiscovered: failed, failures: [], objects: new Map(), finalizers: new Map(), waitSeconds: 0 };
  const deletable = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes("delete") && verbs.includes("list"));
  for (const row of [Pod as AnyResource, ...deletable.filter((each) => each !== Pod)]) {
    if (row !== Pod && pass.objects.has(PODS)) break;
    try {
      count(pass, row, await empty(row, namespace, context));
    } catch (error) {
      pass.failures.push(messageOf(error));
    }
  }
  return pass;
}

async function finalize(namespace: DeepReadonly<Namespace>, { client }: ControllerContext): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
  await client.update(Namespace, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: "finalize" });
}

const reconcile: Reconcile<Namespace> = async (cached, context) => {
  if (!cached.metadata.deletionTimestamp) return;
  const { client, clock, requeueAfter } = context;
  const { name } = cached.metadata;
  const namespace = await client.get(Namespace, { name });
  if (namespace.metadata.uid !== cached.metadata.uid || !namespace.spec.finalizers?.length) return;

  const pass = await emptyAll(name, context);
  // While Pods end, nothing can be said yet about the rest.
  const status = pass.objects.has(PODS)
    ? { ...namespace.status, phase: "Terminating" as const }
    : terminatingStatus(namespace.status, pass, clock.now());
  const written = await client.updateStatusIfChanged(Namespace, namespace as DeepReadonly<Namespace>, status);
  if (pass.failures.length > 0 || pass.undiscovered.length > 0)
    throw new Error([...pass.failures, ...pass.undiscovered].join("; "));
  if (pass.objects.size > 0) requeueAfter(name, (pass.waitSeconds / 2 + 1) * 1_000);
  else await finalize(written, context);
};

export const namespaceController: Controller<Namespace> = {
  name: "namespace-controller",
  reconciles: Namespace,
  wokenBy: [
    // The last Pod has ended: no need to wait for the next look.
    on(
      Pod,
      ({ metadata: { namespace } }, listers) => {
        if (!listers.get(Namespace, "", namespace)?.metadata.deletionTimestamp) return [];
        return [...listers.list(Pod, namespace)].length === 0 ? [namespace] : [];
      },
      () => true,
    ),
  ],
  reconcile,
  workers: 10,
};
