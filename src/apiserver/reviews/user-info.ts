/** How reviews show a user. */
import type { UserInfo as ShownUser } from "../../api/generated/authentication-v1.ts";
import type { UserInfo } from "../../base/http.ts";

export function shownUser({ name, uid, groups, extra }: UserInfo): ShownUser {
  const shown: ShownUser = { username: name };
  if (uid !== undefined && uid !== "") shown.uid = uid;
  if (groups.length > 0) shown.groups = [...groups];
  const keys = Object.entries(extra ?? {});
  if (keys.length > 0) shown.extra = Object.fromEntries(keys.map(([key, values]) => [key, [...values]]));
  return shown;
}
