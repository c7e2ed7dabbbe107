/**
 * The options of a write, from its query: dryRun, fieldManager, fieldValidation, force. Complaints name the options object, as
 * upstream's do.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#setting-the-field-validation-level
 */
import type { FieldValidation } from "../../api/decode/index.ts";
import { invalid, type StatusCause } from "../../api/errors.ts";
import { type Report, report } from "../../api/validation-report.ts";
import type { RequestContext } from "../request-context.ts";

export interface WriteOptions {
  dryRun: boolean;
  /** Who is recorded in managedFields: `fieldManager`, or the start of the User-Agent. */
  manager: string;
  fieldValidation: FieldValidation;
  force: boolean | undefined;
  /** As admission plugins see them. */
  sent: Readonly<Record<string, unknown>>;
}

const MAX_MANAGER_BYTES = 128;
const LEVELS: readonly string[] = ["", "Ignore", "Strict", "Warn"];
const OPTIONS_KIND: Readonly<Record<string, string>> = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
};

function managerOf(userAgent: string): string {
  const name = userAgent.split("/", 1)[0] ?? "";
  return name === "" ? "unknown" : name.slice(0, MAX_MANAGER_BYTES);
}

function checkDryRun(values: readonly string[], place: Report): void {
  const wrong = values.filter((value) => value !== "All");
  if (wrong.length > 0) place.notSupported(wrong, ["All"]);
}

const flagOf = (value: string | null): boolean | undefined =>
  value === null ? undefined : value !== "0" && value.toLowerCase() !== "false";

export function writeOptions({ info, request }: RequestContext, isApply = false): WriteOptions {
  const { query } = info;
  const causes: StatusCause[] = [];
  const root = report(causes);
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  const fieldManager = query.get("fieldManager") ?? "";
  const fieldValidation = query.get("fieldValidation") ?? "";
  const force = flagOf(query.get("force"));
  checkDryRun(dryRun, root.at("dryRun"));
  if (fieldManager.length > MAX_MANAGER_BYTES) root.at("fieldManager").tooLong(MAX_MANAGER_BYTES);
  if (/[^\x20-\x7e\u00a0-\uffff]/.test(fieldManager))
    root.at("fieldManager").invalid(fieldManager, "must only contain printable characters");
  if (isApply && fieldManager === "") root.at("fieldManager").required("is required for apply patch");
  if (!isApply && force !== undefined && info.verb === "patch")
    root.at("force").forbidden("may not be specified for non-apply patch");
  if (!LEVELS.includes(fieldValidation)) root.at("fieldValidation").notSupported(fieldValidation, LEVELS);
  const kind = OPTIONS_KIND[info.verb] ?? "UpdateOptions";
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", causes);
  return {
    dryRun: dryRun.length > 0,
    manager: fieldManager === "" ? managerOf(request.headers["user-agent"] ?? "") : fieldManager,
    fieldValidation: fieldValidation === "" ? "Warn" : (fieldValidation as FieldValidation),
    force,
    sent: {
      kind,
      apiVersion: "meta.k8s.io/v1",
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(fieldManager === "" ? {} : { fieldManager }),
      ...(fieldValidation === "" ? {} : { fieldValidation }),
      ...(force === undefined ? {} : { force }),
    },
  };
}
