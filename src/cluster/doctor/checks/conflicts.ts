/** Who else uses what a node needs: directories, ports. */
import type { MachineFacts } from "../facts.ts";
import { type Finding, report } from "../finding.ts";
import { inTheWay, type Listener } from "../listeners.ts";

const { pass, fail } = report("conflicts");

const LOOPBACK = "127.0.0.1";
export const DNS_PORT = 53;

export function checkConflicts(facts: MachineFacts): Finding[] {
  const { plan, clusterPid } = facts;
  if (clusterPid !== undefined)
    return [
      pass("cluster", `A cluster runs on ${plan.dataDirectory} (process ${clusterPid}); its ports and directories are its own.`),
    ];
  return [
    ...directories(facts),
    port(facts, {
      name: `port ${plan.apiPort}`,
      number: plan.apiPort,
      addresses: [LOOPBACK, plan.nodeAddress],
      what: "the API",
      how: "choose another with `timonier up --port`",
    }),
    port(facts, {
      name: `port ${plan.nodePort}`,
      number: plan.nodePort,
      addresses: [plan.nodeAddress],
      what: "the node's API",
      how: "it is a kubelet's: stop the other one",
    }),
    names(facts),
  ];
}

function directories({ directoriesInUse, machine }: MachineFacts): Finding[] {
  if (!machine.linux) return [];
  if (directoriesInUse === undefined)
    return [pass("kubelet directories", "No other kubelet uses /var/lib/kubelet and the log directories.")];
  const [what = "", how = ""] = directoriesInUse.split(/: (?=stop )/);
  return [fail("kubelet directories", `${what}.`, "Two kubelets would remove each other's volumes and logs.", `${how}.`)];
}

interface Wanted {
  name: string;
  number: number;
  addresses: readonly string[];
  what: string;
  how: string;
}

const nameOf = ({ program, pid }: Listener): string =>
  program === undefined ? "something" : `${program}${pid === undefined ? "" : ` (process ${pid})`}`;

function port({ network }: MachineFacts, { name, number, addresses, what, how }: Wanted): Finding {
  const other = inTheWay(network.listeners, "tcp", addresses, number);
  if (other === undefined) return pass(name, `Port ${number} is free for ${what}.`);
  const who = nameOf(other);
  return fail(
    name,
    `${who === "something" ? "Something" : who} listens on port ${number} of ${other.address}.`,
    `It is where ${what} is served.`,
    `Stop ${who === "something" ? "it" : who}, or ${how}.`,
  );
}

/** Names are answered at an address of a Service: whoever has the port on the machine's own addresses keeps it. */
function names({ network, plan }: MachineFacts): Finding {
  const other = inTheWay(network.listeners, "udp", [plan.nodeAddress, LOOPBACK, "127.0.0.53"], DNS_PORT);
  return pass(
    `port ${DNS_PORT}`,
    other === undefined
      ? `Port ${DNS_PORT} is free; the cluster's DNS needs it at a Service's address only.`
      : `${nameOf(other)} has port ${DNS_PORT} of ${other.address}; the cluster's DNS needs it at a Service's address only.`,
  );
}
