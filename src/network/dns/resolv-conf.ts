/** The node's own resolvers, as its /etc/resolv.conf names them. https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
import { readFile } from "node:fs/promises";
import { isAddress } from "../../api/addresses.ts";
import type { Clock } from "../../base/clock.ts";

/** The resolver of libc reads no more. */
const MAX_NAMESERVERS = 3;
/** For how long the file's content is taken as current. */
const MAX_AGE_MS = 5_000;

/** Without those in `own`: a query that came back to us would go round for ever. */
export function nameserversOf(text: string, own: ReadonlySet<string>): string[] {
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = ""]) => server);
  return servers.filter((server) => isAddress(server) && !own.has(server)).slice(0, MAX_NAMESERVERS);
}

/** Reads the file again when it is asked after a while; without one there are no resolvers. */
export function nodeResolvers(path: string, own: ReadonlySet<string>, clock: Clock): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  let readAtMs = 0;
  return () => {
    const nowMs = clock.monotonic();
    if (known === undefined || nowMs - readAtMs > MAX_AGE_MS) {
      readAtMs = nowMs;
      known = readFile(path, "utf8").then(
        (text) => nameserversOf(text, own),
        () => [],
      );
    }
    return known;
  };
}
