/**
 * Whether a user may do something with this node: the API server is asked (SubjectAccessReview), and its answer kept for a while.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authorization
 */
import { SubjectAccessReview } from "../../../api/authorization/subject-access-review.ts";
import type { Clock } from "../../../base/clock.ts";
import { expiringMap } from "../../../base/expiring-map.ts";
import type { UserInfo } from "../../../base/http.ts";
import type { Client } from "../../../client/client.ts";

/** As upstream's authorization.webhook.cacheAuthorizedTTL and cacheUnauthorizedTTL. */
export const ALLOWED_KEEP_MS = 300_000;
export const REFUSED_KEEP_MS = 30_000;
const MOST_ANSWERS = 8_192;

/** Rejects where the API server cannot be asked. */
export type Authorize = (user: UserInfo, verb: string, subresource: string) => Promise<boolean>;

export interface AuthorizationOptions {
  client: Client;
  clock: Clock;
  nodeName: string;
}

export function delegatedAuthorization({ client, clock, nodeName }: AuthorizationOptions): Authorize {
  const answers = expiringMap<boolean>({
    clock,
    limit: MOST_ANSWERS,
    keepMs: (allowed) => (allowed ? ALLOWED_KEEP_MS : REFUSED_KEEP_MS),
  });
  return ({ name, uid, groups, extra }, verb, subresource) => {
    const subject = {
      user: name,
      groups: [...groups],
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra: Object.fromEntries(Object.entries(extra).map(([key, all]) => [key, [...all]])) }),
    };
    const resourceAttributes = { verb, version: "v1", resource: "nodes", subresource, name: nodeName };
    const spec = { ...subject, resourceAttributes };
    return answers.get(JSON.stringify(spec), async () => {
      const { status } = await client.create(SubjectAccessReview, { spec } as SubjectAccessReview);
      return status?.allowed ?? false;
    });
  };
}
