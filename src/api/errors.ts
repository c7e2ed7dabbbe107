/**
 * The one error of the API: what a client sees as a `Status` object.
 *
 * Thrown anywhere in the API server and by clients, caught at three boundaries only: the request pipeline, the work queue and the
 * command line. Words are upstream's (facts/messages.json), since clients compare and show them.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The wire form. `metadata` is always there. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  status: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface ApiErrorOptions {
  code: number;
  reason: string;
  message: string;
  details?: StatusDetails;
  /** For an expired list: the token with which the client may go on, inconsistently. */
  continue?: string;
  cause?: unknown;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly continueToken: string | undefined;

  constructor(options: ApiErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.reason = options.reason;
    this.details = options.details;
    this.continueToken = options.continue;
  }
}

export function statusOf(error: ApiError): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: error.continueToken === undefined ? {} : { continue: error.continueToken },
    status: "Failure",
    message: error.message,
    ...(error.reason === "" ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

/** The group and plural name of a resource, as they stand in messages: `pods`, `deployments.apps`. */
export interface GroupResource {
  group: string;
  resource: string;
}

const qualified = ({ group, resource }: GroupResource): string => (group === "" ? resource : `${resource}.${group}`);

/** `details.kind` of an error about a resource is its plural name. */
const about = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  ...(name === "" ? {} : { name }),
  ...(group === "" ? {} : { group }),
  kind: resource,
});

export const notFound = (of: GroupResource, name: string): ApiError =>
  new ApiError({ code: 404, reason: "NotFound", message: `${qualified(of)} "${name}" not found`, details: about(of, name) });

export const alreadyExists = (of: GroupResource, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualified(of)} "${name}" already exists`,
    details: about(of, name),
  });

export const conflict = (of: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    details: about(of, name),
  });

/** The object changed between the read and this write. */
export const modified = (of: GroupResource, name: string): ApiError =>
  conflict(of, name, "the object has been modified; please apply your changes to the latest version and try again");

export const forbidden = (of: GroupResource, name: string, why: string): ApiError =>
  new ApiError({
    code: 403,
    reason: "Forbidden",
    message: `${qualified(of)}${name === "" ? "" : ` "${name}"`} is forbidden: ${why}`,
    details: about(of, name),
  });

export const badRequest = (message: string): ApiError => new ApiError({ code: 400, reason: "BadRequest", message });

export const unauthorized = (): ApiError => new ApiError({ code: 401, reason: "Unauthorized", message: "Unauthorized" });

export const internalError = (message: string, cause?: unknown): ApiError =>
  new ApiError({
    code: 500,
    reason: "InternalError",
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
    cause,
  });

/** `why`: one message a cause, joined as upstream joins them. `causes` in the order in which they were found. */
export const invalid = (of: { group: string; kind: string }, name: string, causes: readonly StatusCause[]): ApiError => {
  const lines = [...new Set(causes.map(({ field, message }) => (field ? `${field}: ${message}` : (message ?? ""))))];
  const why = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  return new ApiError({
    code: 422,
    reason: "Invalid",
    message: `${of.group === "" ? of.kind : `${of.kind}.${of.group}`} "${name}" is invalid: ${why}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(of.group === "" ? {} : { group: of.group }),
      ...(of.kind === "" ? {} : { kind: of.kind }),
      causes: [...causes],
    },
  });
};

export const methodNotSupported = (of: GroupResource, verb: string): ApiError =>
  new ApiError({
    code: 405,
    reason: "MethodNotAllowed",
    message: `${verb} is not supported on resources of kind "${qualified(of)}"`,
    details: about(of, ""),
  });

export const unsupportedMediaType = (message: string): ApiError =>
  new ApiError({ code: 415, reason: "UnsupportedMediaType", message });

export const notAcceptable = (message: string): ApiError =>
  new ApiError({ code: 406, reason: "NotAcceptable", message, details: {} });

/** 410: the revision asked for is no longer served. */
export const expired = (message: string, continueToken?: string): ApiError =>
  new ApiError({ code: 410, reason: "Expired", message, ...(continueToken === undefined ? {} : { continue: continueToken }) });

export const tooLarge = (message: string): ApiError => new ApiError({ code: 413, reason: "RequestEntityTooLarge", message });

export const timeout = (message: string, retryAfterSeconds = 0): ApiError =>
  new ApiError({ code: 504, reason: "Timeout", message: `Timeout: ${message}`, details: { retryAfterSeconds } });

export const serviceUnavailable = (message: string): ApiError =>
  new ApiError({ code: 503, reason: "ServiceUnavailable", message });

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;
export const isNotFound = (error: unknown): boolean => isApiError(error) && error.code === 404;
export const isConflict = (error: unknown): boolean => isApiError(error) && error.code === 409 && error.reason === "Conflict";
export const isAlreadyExists = (error: unknown): boolean => isApiError(error) && error.reason === "AlreadyExists";
export const isExpired = (error: unknown): boolean => isApiError(error) && error.code === 410;
