/**
 * RuntimeClass: what a Pod's class costs and where it can run is added to the Pod.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#runtimeclass
 */
import { Pod } from "../../../api/core/pod/pod.ts";
import { RuntimeClass } from "../../../api/node/runtime-class.ts";
import { compareQuantities } from "../../../api/quantity.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";

type Class = DeepReadonly<RuntimeClass>;
type Quantities = Readonly<Record<string, string>> | undefined;

/** Undefined: the Pod names none. */
function classOf(request: AdmissionRequest, reader: AdmissionReader): Class | undefined {
  const name = (request.object as Pod).spec.runtimeClassName;
  if (name == null) return undefined;
  const found = reader.get(RuntimeClass, "", name) as Class | undefined;
  if (found === undefined) throw refusal(request, `pod rejected: RuntimeClass "${name}" not found`);
  return found;
}

function sameQuantities(a: Quantities = {}, b: Quantities = {}): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => b[key] !== undefined && compareQuantities(a[key] ?? "0", b[key]) === 0)
  );
}

function setOverhead(request: AdmissionRequest, { spec }: Pod, { overhead }: Class): void {
  const fixed = overhead?.podFixed;
  if (fixed === undefined) return;
  if (spec.overhead && Object.keys(spec.overhead).length > 0 && !sameQuantities(spec.overhead, fixed))
    throw refusal(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  spec.overhead = { ...fixed };
}

function setScheduling(request: AdmissionRequest, { spec }: Pod, { scheduling }: Class): void {
  if (scheduling == null) return;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw refusal(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (scheduling.nodeSelector) spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  const present = spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter(
    (each) => !present.some((own) => JSON.stringify(own) === JSON.stringify(each)),
  );
  if (added.length > 0) spec.tolerations = [...present, ...added.map((each) => ({ ...each }))];
}

export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",
  handles: (operation, row, subresource) => row === Pod && operation === "CREATE" && subresource === "",
  mutate(request, { reader }) {
    const found = classOf(request, reader);
    if (found === undefined) return;
    setOverhead(request, request.object as Pod, found);
    setScheduling(request, request.object as Pod, found);
  },
  validate(request, { reader }) {
    const { overhead } = (request.object as Pod).spec;
    const has = Object.keys(overhead ?? {}).length > 0;
    const fixed = classOf(request, reader)?.overhead?.podFixed;
    if (fixed !== undefined && !sameQuantities(overhead, fixed))
      throw refusal(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    if (has && fixed === undefined)
      throw refusal(request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
  },
};
