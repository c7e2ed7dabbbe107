/**
 * The options of lists and watches, from their query, with the rules of which may stand together.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import { badRequest, invalid, type StatusCause } from "../../api/errors.ts";
import { type Report, report } from "../../api/validation-report.ts";
import { queryFlag, type RequestInfo } from "../request-info.ts";

export interface ListOptions {
  /** 0: no limit. */
  limit: number;
  continue: string;
  /** Undefined where none was given. */
  resourceVersion: number | undefined;
  match: "Exact" | "NotOlderThan" | undefined;
  timeoutSeconds: number | undefined;
  sendInitialEvents: boolean | undefined;
  bookmarks: boolean;
}

const MATCHES: readonly string[] = ["Exact", "NotOlderThan"];

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function parseVersion(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

interface Given {
  version: string;
  match: string;
  initialEvents: boolean | undefined;
  continues: boolean;
}

function checkList(root: Report, { version, match, continues, initialEvents }: Given): void {
  const place = root.at("resourceVersionMatch");
  if (initialEvents !== undefined) root.at("sendInitialEvents").forbidden("sendInitialEvents is forbidden for list");
  if (match === "") return;
  if (version === "") place.forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (continues) place.forbidden("resourceVersionMatch is forbidden when continue is provided");
  if (!MATCHES.includes(match)) place.notSupported(match, MATCHES);
  else if (match === "Exact" && version === "0")
    place.forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

function checkWatch(root: Report, { match, initialEvents }: Given): void {
  const place = root.at("resourceVersionMatch");
  if (initialEvents !== undefined) {
    if (match !== "NotOlderThan") place.forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    if (match !== "" && match !== "NotOlderThan") place.notSupported(match, ["NotOlderThan"]);
  } else if (match !== "") place.forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
}

/** Throws ApiError 400 for what cannot be read and 422 for what must not stand together. */
export function listOptions({ query, verb }: RequestInfo): ListOptions {
  const limit = integer(query, "limit") ?? 0;
  const timeoutSeconds = integer(query, "timeoutSeconds");
  const given: Given = {
    version: query.get("resourceVersion") ?? "",
    match: query.get("resourceVersionMatch") ?? "",
    initialEvents: query.has("sendInitialEvents") ? queryFlag(query, "sendInitialEvents") : undefined,
    continues: (query.get("continue") ?? "") !== "",
  };
  const causes: StatusCause[] = [];
  (verb === "watch" ? checkWatch : checkList)(report(causes), given);
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", causes);
  return {
    limit: Math.max(0, limit),
    continue: query.get("continue") ?? "",
    resourceVersion: parseVersion(query.get("resourceVersion")),
    match: given.match === "" ? undefined : (given.match as ListOptions["match"]),
    timeoutSeconds,
    sendInitialEvents: given.initialEvents,
    bookmarks: queryFlag(query, "allowWatchBookmarks"),
  };
}
