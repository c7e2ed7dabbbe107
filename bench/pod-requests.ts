/** Creates and deletes Pods at little cost: over connections that are open before anything is measured, one for each Pod at a time. */
import type { Pod } from "../src/api/core/pod/pod.ts";
import { Connection } from "./connection.ts";
import type { Target } from "./target.ts";

export interface PodRequests {
  create(pod: Pod): Promise<void>;
  delete(name: string): Promise<void>;
  close(): void;
}

export async function podRequests(target: Target, namespace: string, atOnce: number): Promise<PodRequests> {
  const connections = await Promise.all(Array.from({ length: atOnce }, () => Connection.open(target)));
  const free = [...connections];
  const path = `/api/v1/namespaces/${namespace}/pods`;
  async function request(method: string, at: string, body?: string): Promise<void> {
    const connection = free.pop();
    if (connection === undefined) throw new Error(`more than ${atOnce} requests at once`);
    const { status, body: answer } = await connection.request(method, at, body);
    free.push(connection);
    if (status >= 300) throw new Error(`${method} ${at} was answered with ${status}: ${answer.toString()}`);
  }
  return {
    create: (pod) => request("POST", path, JSON.stringify(pod)),
    delete: (name) => request("DELETE", `${path}/${name}`),
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
