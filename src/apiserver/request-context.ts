/** What one request carries through the stages. Stages fill it in order; a later one may rely on what earlier ones set. */
import type { Clock } from "../base/clock.ts";
import type { HttpRequest, HttpResponse, UserInfo } from "../base/http.ts";
import type { RequestInfo } from "./request-info.ts";

export interface RequestContext {
  readonly request: HttpRequest;
  readonly clock: Clock;
  readonly auditId: string;
  readonly startedMs: number;
  /** When the answer must have begun; watches have their own time. */
  deadlineMs: number;
  info: RequestInfo;
  /** As whom the request acts. Nobody until authentication. */
  user: UserInfo;
  /** Who sent it, where that is somebody else. */
  impersonator: UserInfo | undefined;
  /** True from `?dryRun=All` or the options of a delete on: nothing is stored. */
  dryRun: boolean;
  /** Texts of Warning headers, without repetitions. */
  readonly warnings: Set<string>;
  /** Headers that stages add to whatever answer comes. */
  readonly responseHeaders: Record<string, string>;
  /** What flow control gave this request; released by its stage. */
  seat: Seat | undefined;
}

export interface Seat {
  release(): void;
}

/** A stage does its part and calls `next` once, or answers by itself. It throws ApiError to refuse. */
export type Stage = (context: RequestContext, next: Next) => Promise<HttpResponse>;
export type Next = (context: RequestContext) => Promise<HttpResponse>;

export const NOBODY: UserInfo = { name: "", groups: [] };
