/** The server under test, from a kubeconfig: any server's, so that another one can be measured with the same client. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

export interface Target {
  host: string;
  port: number;
  ca: Buffer | undefined;
  cert: Buffer | undefined;
  key: Buffer | undefined;
  token: string | undefined;
  /** Of the server, where it runs on this machine and was started for the benchmark. */
  pid: number | undefined;
  kubeconfig: string;
}

interface Kubeconfig {
  "current-context": string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: Record<string, string> }[];
}

export function targetOf(kubeconfig: string, pid?: number): Target {
  const config = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const context = config.contexts.find(({ name }) => name === config["current-context"])?.context;
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster ?? {};
  const user = config.users.find(({ name }) => name === context?.user)?.user ?? {};
  const url = new URL(cluster.server ?? "");
  const data = (inline: string | undefined, file: string | undefined): Buffer | undefined => {
    if (inline) return Buffer.from(inline, "base64");
    return file ? readFileSync(resolve(dirname(kubeconfig), file)) : undefined;
  };
  return {
    host: url.hostname,
    port: Number(url.port || 443),
    ca: data(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    cert: data(user["client-certificate-data"], user["client-certificate"]),
    key: data(user["client-key-data"], user["client-key"]),
    token: user.token,
    pid,
    kubeconfig,
  };
}
