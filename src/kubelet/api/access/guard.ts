/**
 * Stands before the node API on a socket: nobody gets through without a name and a permission. In process the callers are the
 * cluster's own, and call the API itself.
 */
import { encodeUtf8 } from "../../../base/bytes.ts";
import type { HttpHandler, HttpResponse, UserInfo } from "../../../base/http.ts";
import type { Logger } from "../../../base/logger.ts";
import { pathParts } from "../paths.ts";
import { nodeAttributes } from "./attributes.ts";
import { delegatedAuthentication } from "./authentication.ts";
import { type AuthorizationOptions, delegatedAuthorization } from "./authorization.ts";

export interface GuardOptions extends AuthorizationOptions {
  handler: HttpHandler;
  logger: Logger;
}

const text = (status: number, message: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: encodeUtf8(message),
});

export function guardNodeApi(options: GuardOptions): HttpHandler {
  const { handler, logger } = options;
  const authenticate = delegatedAuthentication(options);
  const authorize = delegatedAuthorization(options);

  async function refusal(user: UserInfo, method: string, first: string): Promise<HttpResponse | undefined> {
    const { verb, subresources } = nodeAttributes(method, first);
    for (const subresource of subresources) {
      try {
        if (await authorize(user, verb, subresource)) return undefined;
      } catch (error) {
        const about = `user=${user.name}, verb=${verb}, resource=nodes, subresource=${subresource}`;
        logger.warn("node API: permission not found out", { user: user.name, error: String(error) });
        return text(500, `Authorization error (${about})`);
      }
    }
    const about = `user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}]`;
    return text(403, `Forbidden (${about})\n`);
  }

  return async (request) => {
    const parts = pathParts(request.path);
    if (parts === undefined) return text(400, "400 Bad Request");
    let user: UserInfo | undefined;
    try {
      user = await authenticate(request);
    } catch (error) {
      logger.warn("node API: caller not known", { error: String(error) });
    }
    if (user === undefined) return text(401, "Unauthorized");
    return (await refusal(user, request.method, parts[0] ?? "")) ?? handler(request);
  };
}
