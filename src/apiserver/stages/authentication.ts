/**
 * Who is calling. Authenticators are asked in order; a credential that is wrong is refused, no credential makes the request
 * anonymous, and who calls in process says who it is.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 */
import type { HttpRequest, UserInfo } from "../../base/http.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { Stage } from "../request-context.ts";

const ANONYMOUS: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };
const AUTHENTICATED = "system:authenticated";

const withGroup = (user: UserInfo): UserInfo =>
  user.name === ANONYMOUS.name || user.groups.includes(AUTHENTICATED)
    ? user
    : { ...user, groups: [...user.groups, AUTHENTICATED] };

async function userOf(request: HttpRequest, authenticators: readonly Authenticator[]): Promise<UserInfo> {
  if (request.localUser) return withGroup(request.localUser);
  for (const authenticate of authenticators) {
    const answer = authenticate(request);
    const found = answer instanceof Promise ? await answer : answer;
    if (found) return withGroup(found.user);
  }
  return ANONYMOUS;
}

export const authenticationStage =
  (authenticators: readonly Authenticator[]): Stage =>
  async (context, next) => {
    context.user = await userOf(context.request, authenticators);
    return next(context);
  };
