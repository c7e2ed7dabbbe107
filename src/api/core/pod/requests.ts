/**
 * What a Pod asks for as a whole: the rule that scheduler, kubelet and quota share.
 *
 * Containers add up; init containers run one after the other, beside the sidecars started before them; the larger of the two counts.
 * Requests of the Pod itself stand in place of those of its containers; overhead comes on top.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { ContainerStatus, Pod } from "../../generated/core-v1.ts";
import type { Container, PodSpec } from "../../generated/shared.ts";
import { quantityMilliValue, quantityValue } from "../../quantity.ts";

/** Resource name → amount: cpu in thousandths of a core, everything else in units. */
export type Amounts = Record<string, number>;

type Quantities = Readonly<Record<string, string>> | undefined;

/** Resources that a Pod may ask for itself. */
const isPodLevel = (name: string): boolean => name === "cpu" || name === "memory" || name.startsWith("hugepages-");

export function amountsOf(quantities: Quantities): Amounts {
  const amounts: Amounts = {};
  for (const name in quantities)
    amounts[name] = name === "cpu" ? quantityMilliValue(quantities[name] ?? "0") : quantityValue(quantities[name] ?? "0");
  return amounts;
}

function add(sum: Amounts, amounts: Readonly<Amounts>): Amounts {
  for (const name in amounts) sum[name] = (sum[name] ?? 0) + (amounts[name] ?? 0);
  return sum;
}

function raise(most: Amounts, amounts: Readonly<Amounts>): Amounts {
  for (const name in amounts) most[name] = Math.max(most[name] ?? 0, amounts[name] ?? 0);
  return most;
}

type Resourced = DeepReadonly<Pick<Container, "name" | "resources" | "restartPolicy">>;

export interface RequestOptions {
  /** What a container counts as that says nothing of these resources. */
  missing?: Readonly<Amounts>;
  /** True where only what containers say counts, whatever the Pod itself says. */
  containersOnly?: boolean;
}

/** While a container is being resized the larger of what is asked for and what it has counts. */
export function podRequests(
  pod: DeepReadonly<Pick<Pod, "spec"> & { status?: Pod["status"] }>,
  { missing = {}, containersOnly = false }: RequestOptions = {},
): Amounts {
  const { spec, status } = pod;
  const statuses = new Map<string, DeepReadonly<ContainerStatus>>();
  for (const each of status?.containerStatuses ?? []) statuses.set(each.name, each);
  for (const each of status?.initContainerStatuses ?? []) statuses.set(each.name, each);
  const amounts = sumOfContainers(spec, ({ name, resources }) => {
    const requests = { ...missing, ...amountsOf(resources?.requests) };
    const held = statuses.get(name);
    return held ? raise(raise(requests, amountsOf(held.allocatedResources)), amountsOf(held.resources?.requests)) : requests;
  });
  if (!containersOnly) replace(amounts, amountsOf(spec.resources?.requests));
  return add(amounts, amountsOf(spec.overhead));
}

/** What a Pod may use at most; a container without a limit for a resource leaves it out of the sum. */
export function podLimits(pod: DeepReadonly<Pick<Pod, "spec">>): Amounts {
  const amounts = sumOfContainers(pod.spec, ({ resources }) => amountsOf(resources?.limits));
  replace(amounts, amountsOf(pod.spec.resources?.limits));
  const overhead = amountsOf(pod.spec.overhead);
  for (const name in overhead) if (amounts[name] !== undefined) amounts[name] += overhead[name] ?? 0;
  return amounts;
}

function replace(amounts: Amounts, own: Readonly<Amounts>): void {
  for (const name in own) if (isPodLevel(name)) amounts[name] = own[name] ?? 0;
}

function sumOfContainers(spec: DeepReadonly<PodSpec>, amountsFor: (container: Resourced) => Amounts): Amounts {
  const running: Amounts = {};
  for (const container of spec.containers) add(running, amountsFor(container));
  const sidecars: Amounts = {};
  const starting: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = amountsFor(container);
    if (container.restartPolicy === "Always") {
      add(running, own);
      raise(starting, add(sidecars, own));
    } else {
      raise(starting, add({ ...sidecars }, own));
    }
  }
  return raise(running, starting);
}
