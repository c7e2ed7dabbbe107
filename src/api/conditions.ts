/**
 * Conditions as all kinds have them in their status: one of each type, `True`, `False` or `Unknown`.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties
 */
interface Condition {
  readonly type?: string;
  readonly status?: string;
}

export const conditionOf = <C extends Pick<Condition, "type">>(
  conditions: readonly C[] | null | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (conditions: readonly Condition[] | null | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === "True";
