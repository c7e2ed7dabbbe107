/** How a proxied request names its target: `name`, `name:port` or `scheme:name:port`. */

export interface TargetId {
  /** Undefined where the request does not say. */
  readonly scheme: "http" | "https" | undefined;
  readonly name: string;
  /** A number or a name; empty where the request does not say. */
  readonly port: string;
}

/** Undefined where `text` has no such form. */
export function targetId(text: string): TargetId | undefined {
  const parts = text.split(":");
  if (parts.length > 3) return undefined;
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  if (name === "" || (scheme !== "" && scheme !== "http" && scheme !== "https")) return undefined;
  return { scheme: scheme === "" ? undefined : scheme, name, port };
}
