/** Who asks for a certificate: written into the request by the server, since signers decide by it. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { UserInfo } from "../../base/http.ts";

interface Request extends KubernetesObject {
  spec: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
}

/** Changes `object`. */
export function setRequester(object: KubernetesObject, { name, uid, groups, extra }: UserInfo): void {
  const { spec } = object as Request;
  spec.username = name;
  spec.groups = [...groups];
  delete spec.uid;
  delete spec.extra;
  if (uid !== undefined && uid !== "") spec.uid = uid;
  if (extra !== undefined) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
}
