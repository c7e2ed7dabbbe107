/**
 * The API of a cluster in this process on a loopback port, for kubectl and other programs. Keys and kubeconfig live in a directory of
 * their own, which goes with the cluster. All that needs Node is here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrustOptions } from "../apiserver/bootstrap/index.ts";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import type { HttpHandler } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { openClusterPki } from "../pki/cluster-pki.ts";
import { writeKubeconfig } from "../pki/kubeconfig.ts";
import { serve, type WireServer } from "../wire/server.ts";
import { ADMINISTRATOR } from "./identities.ts";

export interface ClusterSocket {
  readonly trust: TrustOptions;
  /** The path of a file. */
  readonly kubeconfig: string;
  serve(handler: HttpHandler): Promise<void>;
  close(): Promise<void>;
}

const ADDRESS = "127.0.0.1";

/** Certificates and connections live on the machine's clock, whatever clock the cluster has: the other side's is real. */
export async function openClusterSocket({ logger }: { logger: Logger }): Promise<ClusterSocket> {
  const directory = mkdtempSync(join(tmpdir(), "timonier-"));
  const pki = openClusterPki({ directory, clock: realClock, entropy: systemEntropy });
  const identity = pki.server("apiserver", "kube-apiserver", ["localhost", ADDRESS, "kubernetes.default.svc"]);
  const kubeconfig = join(directory, "kubeconfig");
  let server: WireServer | undefined;
  return {
    trust: { ca: pki.ca, frontProxyCa: pki.frontProxyCa, server: `https://${ADDRESS}` },
    kubeconfig,
    async serve(handler) {
      const tls = { certificate: identity.certificate, key: identity.key, clientCa: pki.ca };
      server = await serve({ handler, tls, address: ADDRESS, port: 0, clock: realClock, log: logger });
      const { certificate, key } = pki.client("admin", ADMINISTRATOR.name, ADMINISTRATOR.groups, ADMINISTRATOR.uid);
      writeKubeconfig(kubeconfig, { server: `https://${ADDRESS}:${server.port}`, ca: pki.ca, certificate, key });
    },
    async close() {
      await server?.close();
      await pki.serviceAccountKey.catch(() => {});
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
