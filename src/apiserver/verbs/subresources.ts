/** Which verb answers for which subresource: one line each. */
import type { Subresource } from "../../api/row.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { bindPod } from "./bind-pod.ts";
import { connect } from "./connect.ts";
import { evict } from "./evict.ts";
import { get } from "./get.ts";
import type { Verb } from "./index.ts";
import { log } from "./log.ts";
import { patch } from "./patch.ts";
import { isProxied, proxy } from "./proxy.ts";
import { getScale, patchScale, updateScale } from "./scale.ts";
import { update } from "./update.ts";
import { createVirtual } from "./virtual.ts";

type Verbs = Readonly<Record<string, Verb>>;

/** Parts of the object itself, of the same kind. */
const OWN_KIND: Verbs = { get, update, patch };

const CONNECT: Verbs = { get: connect, create: connect };

const SUBRESOURCES: Readonly<Record<string, Verbs>> = {
  status: OWN_KIND,
  approval: OWN_KIND,
  ephemeralcontainers: OWN_KIND,
  resize: OWN_KIND,
  finalize: { update },
  scale: { get: getScale, update: updateScale, patch: patchScale },
  binding: { create: bindPod },
  eviction: { create: evict },
  log: { get: log },
  token: { create: createVirtual },
  exec: CONNECT,
  attach: CONNECT,
  portforward: CONNECT,
};

export function subresourceVerb(_parts: ServerParts, { context }: Target, { name }: Subresource): Verb | undefined {
  if (name === "proxy") return isProxied(context.request.method) ? proxy : undefined;
  return SUBRESOURCES[name]?.[context.info.verb];
}
