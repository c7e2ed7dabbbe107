/**
 * Paths of URLs as Go handles them: decoded to bytes, cleaned, escaped again. A decoded path is a string in which each character
 * stands for one byte, so that what is no UTF-8 passes unchanged.
 */

/** What Go leaves as it is in a path. */
const PLAIN = /[A-Za-z0-9\-_.~$&+,/:;=@]/;

export const escapePath = (bytes: string): string =>
  Array.from(bytes, (character) =>
    PLAIN.test(character) ? character : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");

/** `path`: of one byte a character. Undefined where a percent sign is followed by no two hexadecimal digits. */
export function unescapePath(path: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** `10.0.0.1:80`, `[fd00::1]:80` */
export const hostPort = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Go's path.Join of absolute paths: one slash between segments, `.` and `..` resolved, none at the end. Empty of nothing. */
export function joinPaths(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  if (joined === "") return "";
  const kept: string[] = [];
  for (const segment of joined.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

/** The same, with the slash at the end that the last part has. */
export function joinKeepingSlash(...parts: readonly string[]): string {
  const joined = joinPaths(...parts);
  return parts.at(-1)?.endsWith("/") && !joined.endsWith("/") ? `${joined}/` : joined;
}
