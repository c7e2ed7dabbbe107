/**
 * Priority and fairness gives each request its seat here, and takes it back once the answer is there.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type { Stage } from "../request-context.ts";

export const flowControlStage: Stage = async (context, next) => {
  try {
    return await next(context);
  } finally {
    context.seat?.release();
  }
};
