/** Auditing records requests here, between authentication and impersonation. Its backends come with their own issue. */
import type { Stage } from "../request-context.ts";

export const auditStage: Stage = (context, next) => next(context);
