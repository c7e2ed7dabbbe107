/** A client with the rights of a kubeconfig, for commands. */
import type { Clock } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import { createClient } from "../client/http-client.ts";
import { readKubeconfig } from "../pki/kubeconfig.ts";
import { wireClient } from "../wire/client.ts";

export async function connectAsAdministrator(kubeconfig: string, clock: Clock): Promise<{ client: Client; close(): void }> {
  const { server, ca, certificate, key } = await readKubeconfig(kubeconfig);
  const wire = wireClient({
    server,
    ...(ca ? { ca } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
  });
  return { client: createClient({ transport: wire.handle, clock, userAgent: "timonier" }), close: () => wire.close() };
}
