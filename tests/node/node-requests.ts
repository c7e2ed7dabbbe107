/** Calls the API of a real node from inside its namespaces, as anybody on the machine may: with a token, a certificate, or nothing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Node } from "../../src/api/core/node.ts";
import { ServiceAccount } from "../../src/api/core/service-account.ts";
import { decodeUtf8 } from "../../src/base/bytes.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface NodeCaller {
  token?: string;
  /** PEM texts. */
  certificate?: string;
  key?: string;
}

export interface NodeAnswer {
  status: number;
  body: string;
}

interface Kubeconfig {
  users: { user: Record<string, string> }[];
}

/** Reads `{ url, token, certificate, key }` from its argument; prints status and body as JSON. */
const CALL = `
const { request } = require("node:https");
const { url, token, certificate, key } = JSON.parse(process.argv[1]);
const headers = token === undefined ? {} : { authorization: "Bearer " + token };
const asked = request(url, { headers, cert: certificate, key, rejectUnauthorized: false }, (answer) => {
  const parts = [];
  answer.on("data", (part) => parts.push(part));
  answer.on("end", () => console.log(JSON.stringify({ status: answer.statusCode, body: Buffer.concat(parts).toString() })));
});
asked.end();`;

/** Asks the node itself, past the API server. */
export async function callNode(cluster: RealCluster, path: string, caller: NodeCaller = {}): Promise<NodeAnswer> {
  const { status } = await cluster.client.get(Node, { name: "n1" });
  const address = status.addresses?.find(({ type }) => type === "InternalIP")?.address;
  const asked = JSON.stringify({ url: `https://${address}:10250${path}`, ...caller });
  return JSON.parse(await cluster.namespaces.run(process.execPath, ["-e", CALL, asked])) as NodeAnswer;
}

/** Whom `timonier up` makes the cluster's administrator. */
export async function administratorOf({ dataDirectory }: RealCluster): Promise<NodeCaller> {
  const { users } = JSON.parse(await readFile(join(dataDirectory, "kubeconfig"), "utf8")) as Kubeconfig;
  const pem = (name: string): string => Buffer.from(users[0]?.user[name] ?? "", "base64").toString();
  return { certificate: pem("client-certificate-data"), key: pem("client-key-data") };
}

/** A new ServiceAccount of the namespace default, with a token of its own. */
export async function accountWithToken({ client }: RealCluster, name: string): Promise<NodeCaller> {
  await client.create(ServiceAccount, { metadata: { name, namespace: "default" } });
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const path = `/api/v1/namespaces/default/serviceaccounts/${name}/token`;
  const headers = { "content-type": "application/json" };
  const answer = await client.raw({ method: "POST", path, headers, body: Buffer.from(JSON.stringify(body)) });
  return { token: (JSON.parse(decodeUtf8(answer.body)) as { status: { token: string } }).status.token };
}
