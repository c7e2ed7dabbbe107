/**
 * exec, attach and port-forward: streams to a node's kubelet. What is no upgrade is refused as upstream refuses it; the streams
 * themselves are made by whoever serves upgrades.
 */
import { badRequest, serviceUnavailable } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { isUpgradeRequest } from "../../streaming/upgrade.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { findEntry } from "./get.ts";

export async function connect(parts: ServerParts, target: Target): Promise<HttpResponse> {
  await findEntry(parts, target);
  const { subresource, context } = target;
  if (!isUpgradeRequest(context.request)) throw badRequest("Upgrade request required");
  throw serviceUnavailable(`${subresource?.name ?? "connect"} is not served by this server`);
}
