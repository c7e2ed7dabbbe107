/**
 * kubeconfig files: written with one cluster, user and context, mode 0600; read with whatever kubectl accepts of it that Timonier
 * can use (inline data or files, certificates or tokens).
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { writePrivateFile } from "./private-file.ts";

export interface Kubeconfig {
  /** `https://host:port` */
  server: string;
  /** PEM. */
  ca?: string;
  certificate?: string;
  key?: string;
  token?: string;
  /** The namespace that is meant where none is named. */
  namespace?: string;
  serverName?: string;
  insecure?: boolean;
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** JSON is YAML, and needs no library to write; kubectl rewrites the file in its own form when it changes it. */
function kubeconfigText(config: Kubeconfig, name = "timonier"): string {
  const entry = (key: string, value: string | undefined): object => (value === undefined ? {} : { [key]: value });
  const lines = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: config.server, ...entry("certificate-authority-data", config.ca && base64(config.ca)) } },
    ],
    users: [
      {
        name,
        user: {
          ...entry("client-certificate-data", config.certificate && base64(config.certificate)),
          ...entry("client-key-data", config.key && base64(config.key)),
          ...entry("token", config.token),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name, ...entry("namespace", config.namespace) } }],
    "current-context": name,
    preferences: {},
  };
  return `${JSON.stringify(lines, null, 2)}\n`;
}

export function writeKubeconfig(path: string, config: Kubeconfig, name?: string): void {
  writePrivateFile(path, kubeconfigText(config, name));
}

interface Named {
  name?: string;
  [key: string]: unknown;
}

/** Throws an Error that names the file and what is missing in it. */
export async function readKubeconfig(path: string, context?: string): Promise<Kubeconfig> {
  const text = readFileSync(path, "utf8");
  const whole = await parse(text);
  const named = (list: string, name: unknown, inside: string): Record<string, string> => {
    const found = (whole[list] as Named[] | undefined)?.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${path} has no entry ${JSON.stringify(name)} in ${list}`);
    return (found[inside] ?? {}) as Record<string, string>;
  };
  const chosen = named("contexts", context ?? whole["current-context"], "context");
  const cluster = named("clusters", chosen.cluster, "cluster");
  const user = named("users", chosen.user, "user");
  if (cluster.server === undefined) throw new Error(`${path}: cluster ${JSON.stringify(chosen.cluster)} names no server`);

  const inlineOrFile = (of: Record<string, string>, key: string): string | undefined => {
    const inline = of[`${key}-data`];
    if (inline !== undefined) return Buffer.from(inline, "base64").toString("utf8");
    const file = of[key];
    return file === undefined ? undefined : readFileSync(resolve(dirname(path), file), "utf8");
  };
  const config: { [K in keyof Kubeconfig]: Kubeconfig[K] | undefined } = {
    server: cluster.server,
    ca: inlineOrFile(cluster, "certificate-authority"),
    certificate: inlineOrFile(user, "client-certificate"),
    key: inlineOrFile(user, "client-key"),
    token: user.token ?? (user.tokenFile && readFileSync(resolve(dirname(path), user.tokenFile), "utf8").trim()),
    namespace: chosen.namespace,
    serverName: cluster["tls-server-name"],
    insecure: String(cluster["insecure-skip-tls-verify"]) === "true" ? true : undefined,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as unknown as Kubeconfig;
}

/** Ours are JSON: the YAML library is loaded only for files of others. */
async function parse(text: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    const { parse: parseYaml } = await import("yaml");
    return parseYaml(text) as Record<string, unknown>;
  }
}
