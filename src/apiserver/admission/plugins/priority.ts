/**
 * Priority: turns the name of a Pod's PriorityClass into its priority and preemption policy, and keeps the default class the only one.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#priority
 */
import { Pod } from "../../../api/core/pod/pod.ts";
import { PriorityClass } from "../../../api/scheduling/priority-class.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";

const DEFAULT_PRIORITY = 0;
const DEFAULT_POLICY = "PreemptLowerPriority";

type Class = DeepReadonly<PriorityClass>;

/** The default class of the lowest value, where there is one. */
function defaultClass(reader: AdmissionReader): Class | undefined {
  const defaults = (reader.list(PriorityClass) as Class[]).filter(({ globalDefault }) => globalDefault);
  return defaults.sort((a, b) => a.value - b.value)[0];
}

function classOf(request: AdmissionRequest, name: string, reader: AdmissionReader): Class | undefined {
  if (name === "") return defaultClass(reader);
  const found = reader.get(PriorityClass, "", name) as Class | undefined;
  if (found === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`);
  return found;
}

function setPriority(request: AdmissionRequest, { spec }: Pod, reader: AdmissionReader): void {
  const found = classOf(request, spec.priorityClassName ?? "", reader);
  if (found !== undefined) spec.priorityClassName = found.metadata.name;
  const priority = found?.value ?? DEFAULT_PRIORITY;
  if (spec.priority != null && spec.priority !== priority)
    throw refusal(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  spec.priority = priority;
  const policy = found === undefined ? DEFAULT_POLICY : found.preemptionPolicy;
  if (policy == null) return;
  if (spec.preemptionPolicy != null && spec.preemptionPolicy !== policy)
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = policy;
}

/** A PUT without them keeps what was computed; anything else is refused by validation. */
function keepPriority({ spec }: Pod, old: DeepReadonly<Pod>): void {
  if (spec.priority == null && old.spec.priority != null) spec.priority = old.spec.priority;
  if (spec.preemptionPolicy == null && old.spec.preemptionPolicy != null) spec.preemptionPolicy = old.spec.preemptionPolicy;
}

export const priority: AdmissionPlugin = {
  name: "Priority",
  handles: (operation, row, subresource) =>
    (row === Pod || row === PriorityClass) && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  mutate(request, { reader }) {
    if (request.row !== Pod) return;
    const pod = request.object as Pod;
    if (request.old === undefined) setPriority(request, pod, reader);
    else keepPriority(pod, request.old as DeepReadonly<Pod>);
  },
  validate(request, { reader }) {
    if (request.row !== PriorityClass) return;
    const { globalDefault, metadata } = request.object as PriorityClass;
    const present = globalDefault ? defaultClass(reader) : undefined;
    if (present !== undefined && present.metadata.name !== metadata.name)
      throw refusal(request, `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`);
  },
};
