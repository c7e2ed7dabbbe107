/**
 * DefaultTolerationSeconds: Pods stay five minutes on a node that is not ready or cannot be reached, unless they say otherwise.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds
 */
import { Pod } from "../../../api/core/pod/pod.ts";
import type { Toleration } from "../../../api/generated/shared.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const SECONDS = 300;
const TAINTS: readonly string[] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

const covers = (toleration: Toleration, key: string): boolean =>
  (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === "NoExecute");

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: (operation, row, subresource) =>
    row === Pod && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  mutate({ object }) {
    const { spec } = object as Pod;
    const present = spec.tolerations ?? [];
    const missing = TAINTS.filter((key) => !present.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return;
    const added: Toleration[] = missing.map((key) => ({
      effect: "NoExecute",
      key,
      operator: "Exists",
      tolerationSeconds: SECONDS,
    }));
    spec.tolerations = [...present, ...added];
  },
};
