/** First stage: what is asked for. */
import type { Stage } from "../request-context.ts";
import { requestInfo } from "../request-info.ts";

export const requestInfoStage: Stage = (context, next) => {
  context.info = requestInfo(context.request);
  return next(context);
};
