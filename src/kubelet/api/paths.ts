/** The parts of a path of the node API. Permissions and routes both go by them, so that no spelling gets past the one to the other. */

/** Decoded, without the slash in front; undefined where the encoding is broken. */
export function pathParts(path: string): string[] | undefined {
  try {
    return path.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
