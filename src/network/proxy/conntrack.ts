/**
 * Forgets the kernel's memory of UDP senders whose endpoint is gone: without a connection to close, their packets would go there for as
 * long as they keep sending.
 */
import type { RunCommand } from "../node/commands.ts";
import type { DatagramRoute } from "./model.ts";

/** One remembered flow: where it was sent, and who answers. */
interface Flow {
  readonly address: string;
  readonly port: number;
  readonly answerer: string;
  readonly answererPort: number;
}

const FLOW = /^.*?\bdst=(\S+) sport=\d+ dport=(\d+)\b.*?\bsrc=(\S+) dst=\S+ sport=(\d+)/;

function flowOf(line: string): Flow | undefined {
  const [, address, port, answerer, answererPort] = FLOW.exec(line) ?? [];
  if (address === undefined || answerer === undefined) return undefined;
  return { address, port: Number(port), answerer, answererPort: Number(answererPort) };
}

/** A flow to that port of somebody else's address is translated by nobody. */
const nodePortEndpoints = (endpoints: ReadonlyMap<string, Set<string>>, { address, port, answerer }: Flow) =>
  address === answerer ? undefined : endpoints.get(`*:${port}`);

/** The flows of a conntrack listing that a Service would send elsewhere today. */
export function staleFlows(listing: string, routes: Iterable<DatagramRoute>): Flow[] {
  const endpoints = new Map<string, Set<string>>();
  for (const { address = "*", port, endpoints: reached } of routes)
    endpoints.set(`${address}:${port}`, new Set(reached.map((endpoint) => `${endpoint.ip}:${endpoint.port}`)));
  const stale = new Map<string, Flow>();
  for (const line of listing.split("\n")) {
    const flow = flowOf(line);
    if (flow === undefined) continue;
    const reached = endpoints.get(`${flow.address}:${flow.port}`) ?? nodePortEndpoints(endpoints, flow);
    if (reached !== undefined && !reached.has(`${flow.answerer}:${flow.answererPort}`))
      stale.set(Object.values(flow).join(), flow);
  }
  return [...stale.values()];
}

export async function forgetStaleFlows(run: RunCommand, routes: Iterable<DatagramRoute>): Promise<void> {
  const listing = await run("conntrack", ["-L", "-p", "udp"]);
  for (const { address, port, answerer, answererPort } of staleFlows(listing, routes)) {
    const match = ["-d", address, "--dport", String(port), "--reply-src", answerer, "--reply-port-src", String(answererPort)];
    // It fails where the flow ended meanwhile.
    await run("conntrack", ["-D", "-p", "udp", ...match]).catch(() => {});
  }
}
