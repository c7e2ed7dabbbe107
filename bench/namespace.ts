/** The Namespace in which a row's Pods are made. */
import type { Connection } from "./connection.ts";
import { expectStatus } from "./measure.ts";

/** A server without controllers makes no ServiceAccount: the benchmark's Pods need one. */
export async function makeNamespace(admin: Connection, namespace: string): Promise<void> {
  expectStatus(await admin.request("POST", "/api/v1/namespaces", JSON.stringify({ metadata: { name: namespace } })), 201);
  const account = await admin.request(
    "POST",
    `/api/v1/namespaces/${namespace}/serviceaccounts`,
    JSON.stringify({ metadata: { name: "default" } }),
  );
  if (account.status !== 409) expectStatus(account, 201);
}
