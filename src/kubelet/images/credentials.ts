/**
 * What a registry is shown: the entries of a Pod's pull secrets that fit an image, the most specific first.
 * https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
 */
import type { Secret } from "../../api/core/secret.ts";
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { AuthConfig } from "../runtime/images.ts";

interface DockerEntry {
  username?: string;
  password?: string;
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

function entriesOf({ type, data = {} }: DeepReadonly<Secret>): Record<string, DockerEntry> {
  try {
    const [key, nested] = type === "kubernetes.io/dockercfg" ? [".dockercfg", false] : [".dockerconfigjson", true];
    const text = data[key];
    if (text === undefined) return {};
    const parsed = JSON.parse(decodeUtf8(decodeBase64(text))) as { auths?: Record<string, DockerEntry> } & Record<
      string,
      DockerEntry
    >;
    return (nested ? parsed.auths : parsed) ?? {};
  } catch {
    // A secret that cannot be read helps nobody, and must not stop the others.
    return {};
  }
}

/** `https://index.docker.io/v1/` → `index.docker.io`; a path beyond the API version counts. */
const locationOf = (key: string): string =>
  key
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .replace(/\/$/, "");

/** `*` stands for one part of a host name. */
function fits(location: string, image: string): boolean {
  const [host = "", ...path] = location.split("/");
  const [imageHost = "", ...imagePath] = image.split("/");
  const [parts, imageParts] = [host.split("."), imageHost.split(".")];
  const sameHost = parts.length === imageParts.length && parts.every((part, index) => globFits(part, imageParts[index] ?? ""));
  return sameHost && path.every((part, index) => part === imagePath[index]);
}

function globFits(pattern: string, text: string): boolean {
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${expression}$`).test(text);
}

const DOCKER_HUB = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** `image` with its registry. Several may fit: the first that works counts. */
export function credentialsFor(image: string, secrets: readonly DeepReadonly<Secret>[]): AuthConfig[] {
  const slash = image.indexOf("/");
  const host = slash < 0 ? "" : image.slice(0, slash);
  const isDomain = /[.:]/.test(host) || host === "localhost";
  const full = isDomain ? image : `docker.io/${image}`;
  const names = DOCKER_HUB.includes(full.slice(0, full.indexOf("/")))
    ? DOCKER_HUB.map((hub) => hub + full.slice(full.indexOf("/")))
    : [full];
  const found: { location: string; auth: AuthConfig }[] = [];
  for (const secret of secrets) {
    for (const [key, entry] of Object.entries(entriesOf(secret))) {
      const location = locationOf(key);
      if (names.some((name) => fits(location, name))) found.push({ location, auth: authOf(entry, location) });
    }
  }
  return found.sort((a, b) => b.location.length - a.location.length).map(({ auth }) => auth);
}

function authOf({ username, password, auth, identitytoken, registrytoken }: DockerEntry, serverAddress: string): AuthConfig {
  const [user, secret] =
    username === undefined && auth !== undefined ? splitOnce(decodeUtf8(decodeBase64(auth))) : [username, password];
  return {
    serverAddress,
    ...(user === undefined ? {} : { username: user }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(identitytoken === undefined ? {} : { identityToken: identitytoken }),
    ...(registrytoken === undefined ? {} : { registryToken: registrytoken }),
  };
}

function splitOnce(text: string): [string, string] {
  const colon = text.indexOf(":");
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, "")];
}
