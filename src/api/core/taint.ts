/**
 * Which taints a Pod puts up with.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Taint } from "../generated/core-v1.ts";
import type { Toleration } from "../generated/shared.ts";

export type { Taint, Toleration };

/** An empty key with operator Exists tolerates everything, an empty effect every effect. */
function toleratesOne(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "Equal") {
    case "Exists":
      return true;
    case "Equal":
      // Without a key only Exists means anything.
      return (toleration.key ?? "") === taint.key && (toleration.value ?? "") === (taint.value ?? "");
    case "Lt":
      return compareNumbers(taint.value, toleration.value, (actual, bound) => actual < bound);
    case "Gt":
      return compareNumbers(taint.value, toleration.value, (actual, bound) => actual > bound);
    default:
      return false;
  }
}

function compareNumbers(
  actual: string | undefined,
  bound: string | undefined,
  holds: (actual: number, bound: number) => boolean,
): boolean {
  const [a, b] = [Number(actual || Number.NaN), Number(bound || Number.NaN)];
  return Number.isInteger(a) && Number.isInteger(b) && holds(a, b);
}

export const tolerates = (tolerations: readonly DeepReadonly<Toleration>[] | undefined, taint: DeepReadonly<Taint>): boolean =>
  tolerations?.some((toleration) => toleratesOne(toleration, taint)) ?? false;
