/**
 * An app that knows nothing of draining: it answers each request after a moment, and exits at once on SIGTERM, whatever it is doing.
 * Its image is that of the first steps.
 */
import { Deployment } from "../../src/api/apps/deployment.ts";
import { ConfigMap } from "../../src/api/core/config-map.ts";
import { Service } from "../../src/api/core/service.ts";
import type { Client } from "../../src/client/client.ts";

const SOURCE = `
import asyncio, os, signal, socket

BODY = ('{"pod": "%s"}' % socket.gethostname()).encode()
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n" % len(BODY)
UNREADY = b"HTTP/1.1 503 Service Unavailable\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"

async def answer(reader, writer):
    request = await reader.readuntil(b"\\r\\n\\r\\n")
    if request.startswith(b"GET /ready "):
        writer.write(UNREADY if os.path.exists("/tmp/unready") else HEAD + BODY)
    else:
        await asyncio.sleep(0.02)
        writer.write(HEAD + BODY)
    await writer.drain()
    writer.close()

async def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = await asyncio.start_server(answer, "0.0.0.0", 8000, backlog=512)
    async with server:
        await server.serve_forever()

asyncio.run(main())
`;

const labels = { app: "plain" };
const metadata = { name: "plain", namespace: "default", labels };

const configMap = { metadata, data: { "main.py": SOURCE } } as unknown as ConfigMap;
const service = {
  metadata,
  spec: { type: "NodePort", selector: labels, ports: [{ port: 80, targetPort: 8000, nodePort: 30081 }] },
} as unknown as Service;
const deployment = {
  metadata,
  spec: {
    replicas: 4,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: "plain",
            image: "python:3.11",
            command: ["python", "/source/main.py"],
            // The file /tmp/unready takes the Pod out of the Service while the app goes on.
            readinessProbe: {
              httpGet: { path: "/ready", port: 8000 },
              periodSeconds: 1,
              timeoutSeconds: 5,
            },
            volumeMounts: [{ name: "source", mountPath: "/source" }],
          },
        ],
        volumes: [{ name: "source", configMap: { name: "plain" } }],
      },
    },
  },
} as unknown as Deployment;

export async function createPlainApp(client: Client): Promise<void> {
  await client.create(ConfigMap, configMap);
  await client.create(Service, service);
  await client.create(Deployment, deployment);
}
