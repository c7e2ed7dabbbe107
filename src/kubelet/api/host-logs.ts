/** /logs/: the node's own log directory, as files and lists of files. https://kubernetes.io/docs/concepts/cluster-administration/system-logs/ */
import type { HttpResponse } from "../../base/http.ts";
import { pageNotFound, text } from "./answers.ts";

/** What is found at a path below the node's log directory. Links lead no further than the directory. */
export type HostLog =
  | { names: readonly string[] }
  | { sizeBytes: number; chunks: (signal: AbortSignal) => AsyncIterable<Uint8Array> };

export interface HostLogs {
  /** Undefined where nothing is there. */
  find(parts: readonly string[]): Promise<HostLog | undefined>;
}

const escaped = (name: string): string => name.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

function page(names: readonly string[]): HttpResponse {
  const lines = names.map(
    (name) => `<a href="${encodeURI(name).replaceAll("#", "%23").replaceAll("?", "%3F")}">${escaped(name)}</a>\n`,
  );
  const head = '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n';
  return text(200, `${head}${lines.join("")}</pre>\n`, "text/html; charset=utf-8");
}

export async function hostLogs(logs: HostLogs | undefined, parts: readonly string[], signal: AbortSignal): Promise<HttpResponse> {
  const found = await logs?.find(parts.filter((part) => part !== ""));
  if (found === undefined) return pageNotFound();
  if ("names" in found) return page(found.names);
  return {
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8", "content-length": String(found.sizeBytes) },
    body: {
      stream(sink) {
        const send = async (): Promise<void> => {
          for await (const chunk of found.chunks(signal)) {
            if (sink.closed) return;
            if (!sink.write(chunk)) await sink.drained();
          }
          sink.end();
        };
        send().catch(() => sink.abort());
      },
    },
  };
}
