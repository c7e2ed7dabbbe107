/** Names of images: whether they are well formed, and the tag that they get where they have none. */
const DOMAIN =
  /^(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

interface Parts {
  name: string;
  tag: string | undefined;
  digest: string | undefined;
}

function partsOf(reference: string): Parts {
  const at = reference.indexOf("@");
  const digest = at < 0 ? undefined : reference.slice(at + 1);
  const rest = at < 0 ? reference : reference.slice(0, at);
  const colon = rest.lastIndexOf(":");
  const hasTag = colon > rest.lastIndexOf("/");
  return { name: hasTag ? rest.slice(0, colon) : rest, tag: hasTag ? rest.slice(colon + 1) : undefined, digest };
}

/** The registry and the path, completed as Docker does. */
function normalized(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (isDomain) return { domain: first, path: name.slice(slash + 1) };
  return { domain: "docker.io", path: slash < 0 ? `library/${name}` : name };
}

/** What is wrong with it, in upstream's words; undefined where nothing is. */
export function referenceProblem(reference: string): string | undefined {
  const { name, tag, digest } = partsOf(reference);
  const { domain, path } = normalized(name);
  const invalid = (why: string): string => `couldn't parse image name "${reference}": invalid reference format${why}`;
  if (name === "") return invalid("");
  if (path !== path.toLowerCase()) return invalid(`: repository name (${path}) must be lowercase`);
  if (!DOMAIN.test(domain) || !PATH.test(path)) return invalid("");
  if (tag !== undefined && !TAG.test(tag)) return invalid("");
  if (digest !== undefined && !DIGEST.test(digest)) return invalid("");
  return undefined;
}

/** With `:latest` where it says neither tag nor digest. */
export function withTag(reference: string): string {
  const { tag, digest } = partsOf(reference);
  return tag === undefined && digest === undefined ? `${reference}:latest` : reference;
}
