/** Takes a connection over from a plain HTTP server: container runtimes serve their streams so, on loopback. */
import { type IncomingMessage, request as send } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../base/clock.ts";
import type { Headers, UpgradedConnection } from "../base/http.ts";
import { upgradedConnection } from "./upgraded-connection.ts";

const DIAL_TIMEOUT_MS = 30_000;
const MAX_ERROR_BYTES = 16 * 1024;

/** The result rejects where the server cannot be reached or answers anything but 101, with the words of its answer. */
export const dialUpgrade =
  (clock: Clock) =>
  (url: string, headers: Headers): Promise<UpgradedConnection> =>
    new Promise((resolve, reject) => {
      const outgoing = send(url, { method: "POST", headers: { ...headers, "content-length": "0" } });
      const late = new Error(`no answer from ${new URL(url).host}`);
      const timer = clock.after(DIAL_TIMEOUT_MS, () => outgoing.destroy(late));
      outgoing.once("close", () => timer.cancel());
      outgoing.once("error", reject);
      outgoing.once("response", (answer) => {
        const refused = (text: string) => new Error(`unable to upgrade connection: ${text.trim() || answer.statusCode}`);
        textOf(answer).then((text) => reject(refused(text)), reject);
      });
      outgoing.once("upgrade", (_answer, socket, head) => {
        timer.cancel();
        readToTheEnd(socket);
        resolve(upgradedConnection(socket, head));
      });
      outgoing.end();
    });

type Written = (error?: Error | null) => void;

/**
 * A server that is done closes, though we may still be writing, and its last words wait to be read then. Node would drop them
 * with the first write that fails: here such a write is nothing, and reading tells that the connection is over.
 */
function readToTheEnd(socket: Duplex): void {
  let isBroken = false;
  const once =
    (done: Written): Written =>
    (error) => {
      if (error) isBroken = true;
      done();
    };
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, encoding, done) => {
    if (isBroken) done();
    else write.call(socket, chunk, encoding, once(done));
  };
  if (writev === undefined) return;
  socket._writev = (chunks, done) => {
    if (isBroken) done();
    else writev.call(socket, chunks, once(done));
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of answer) {
    text += String(part);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text.slice(0, MAX_ERROR_BYTES);
}
