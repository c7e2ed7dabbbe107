/**
 * The options of a delete: from its body where it has one, else from its query.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/
 */
import { decodeOptions, prepareYaml } from "../../api/decode/index.ts";
import { badRequest, invalid, type StatusCause } from "../../api/errors.ts";
import { report } from "../../api/validation-report.ts";
import { bodyMediaType } from "../negotiation.ts";
import type { Target } from "../target.ts";
import { MAX_BODY_BYTES } from "../write/write-request.ts";

export interface DeleteOptions {
  gracePeriodSeconds: number | undefined;
  propagationPolicy: "Orphan" | "Background" | "Foreground" | undefined;
  orphanDependents: boolean | undefined;
  /** An empty text counts as set: it matches nothing. */
  uid: string | undefined;
  resourceVersion: string | undefined;
  dryRun: boolean;
  sent: Readonly<Record<string, unknown>>;
}

interface Sent {
  kind?: string;
  apiVersion?: string;
  gracePeriodSeconds?: number | null;
  propagationPolicy?: string | null;
  orphanDependents?: boolean | null;
  preconditions?: { uid?: string | null; resourceVersion?: string | null } | null;
  dryRun?: string[] | null;
}

const POLICIES: readonly string[] = ["Background", "Foreground", "Orphan"];

async function bodyOf({ context, row }: Target): Promise<Sent | undefined> {
  const bytes = await context.request.body(MAX_BODY_BYTES);
  if (bytes.length === 0) return undefined;
  const mediaType = bodyMediaType(context.request.headers["content-type"], row.typed);
  if (mediaType === "yaml") await prepareYaml();
  return decodeOptions("DeleteOptions", bytes, mediaType);
}

function queryOf({ context }: Target): Sent {
  const { query } = context.info;
  const grace = query.get("gracePeriodSeconds");
  if (grace !== null && !/^-?\d+$/.test(grace))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  const orphan = query.get("orphanDependents");
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query.has("propagationPolicy") ? { propagationPolicy: query.get("propagationPolicy") } : {}),
    ...(orphan === null ? {} : { orphanDependents: orphan !== "false" && orphan !== "0" }),
  };
}

function check({ propagationPolicy, orphanDependents, dryRun }: Sent): void {
  const causes: StatusCause[] = [];
  const root = report(causes);
  if (propagationPolicy != null && orphanDependents != null)
    root.at("propagationPolicy").invalid(propagationPolicy, "orphanDependents and deletionPropagation cannot be both set");
  else if (propagationPolicy != null && !POLICIES.includes(propagationPolicy))
    root.at("propagationPolicy").notSupported(propagationPolicy, [...POLICIES, "nil"]);
  const wrong = (dryRun ?? []).filter((value) => value !== "All");
  if (wrong.length > 0) root.at("dryRun").notSupported(wrong, ["All"]);
  if (causes.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", causes);
}

export async function deleteOptions(target: Target): Promise<DeleteOptions> {
  const inQuery = target.context.info.query.getAll("dryRun").filter((value) => value !== "");
  const sent = (await bodyOf(target)) ?? queryOf(target);
  const dryRun = [...(sent.dryRun ?? []), ...inQuery];
  check({ ...sent, dryRun });
  const grace = sent.gracePeriodSeconds ?? undefined;
  return {
    gracePeriodSeconds: grace !== undefined && grace < 0 ? 1 : grace,
    propagationPolicy: (sent.propagationPolicy ?? undefined) as DeleteOptions["propagationPolicy"],
    orphanDependents: sent.orphanDependents ?? undefined,
    uid: sent.preconditions?.uid ?? undefined,
    resourceVersion: sent.preconditions?.resourceVersion ?? undefined,
    dryRun: dryRun.length > 0,
    sent: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...sent },
  };
}
