/** Micro-benchmarks of the data layer: what a create of a 3 KB Pod costs before admission. Run: `scripts/node bench/decode.ts`. */
import { Pod } from "../src/api/core/pod/pod.ts";
import { decode } from "../src/api/decode/index.ts";
import { updateManagedFields } from "../src/api/managed-fields/index.ts";
import type { KubernetesObject } from "../src/api/meta.ts";
import { decodeProtobuf, encodeProtobuf, wrapUnknown } from "../src/api/protobuf/index.ts";
import { encodeUtf8 } from "../src/base/bytes.ts";

const container = (name: string): Record<string, unknown> => ({
  name,
  image: `registry.example.com/team/${name}:1.2.3`,
  command: ["/bin/server"],
  args: ["--listen=:8080", "--log-level=info", "--config=/etc/config/server.yaml"],
  ports: [
    { name: "http", containerPort: 8080, protocol: "TCP" },
    { name: "metrics", containerPort: 9090, protocol: "TCP" },
  ],
  env: [
    ...Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` })),
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "credentials", key: "password" } } },
  ],
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
  livenessProbe: { httpGet: { path: "/healthz", port: "http" }, initialDelaySeconds: 5, periodSeconds: 10 },
  readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 5 },
  volumeMounts: [
    { name: "config", mountPath: "/etc/config", readOnly: true },
    { name: "data", mountPath: "/var/data" },
  ],
  securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
});

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "server-5d8c9f7b6d-x2x7k",
    namespace: "default",
    labels: { app: "server", "pod-template-hash": "5d8c9f7b6d", "app.kubernetes.io/part-of": "benchmark" },
    annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "9090" },
  },
  spec: {
    containers: [container("server"), container("sidecar")],
    volumes: [
      { name: "config", configMap: { name: "server-config" } },
      { name: "data", emptyDir: {} },
    ],
    serviceAccountName: "server",
    terminationGracePeriodSeconds: 30,
    nodeSelector: { "kubernetes.io/os": "linux" },
    tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels: { app: "server" } } },
    ],
  },
};

/** Microseconds a run, the best of five batches. */
function measure(name: string, run: () => unknown, runs = 4000): void {
  for (let index = 0; index < runs; index++) run();
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 5; batch++) {
    const start = performance.now();
    for (let index = 0; index < runs; index++) run();
    best = Math.min(best, ((performance.now() - start) * 1000) / runs);
  }
  console.log(`${name.padEnd(36)} ${best.toFixed(1)} µs`);
}

const text = JSON.stringify(pod);
const bytes = encodeUtf8(text);
const row = Pod;
const read = (): KubernetesObject => decode({ row, bytes, mediaType: "json", fieldValidation: "Strict" }).object;
const decoded = read();
const message = encodeProtobuf(row.schema.name, decoded);
const envelope = wrapUnknown({ apiVersion: "v1", kind: "Pod", raw: message });

const own = (object: KubernetesObject): void => {
  delete object.metadata.managedFields;
  updateManagedFields({
    row,
    previous: undefined,
    object,
    manager: "kubectl",
    operation: "Update",
    subresource: "",
    apiVersion: "v1",
    nowMs: 0,
  });
};

console.log(`Pod of ${bytes.length} bytes of JSON, ${envelope.length} of protobuf`);
measure("JSON.parse alone", () => JSON.parse(text));
measure("decode JSON", read);
measure("JSON.stringify", () => JSON.stringify(decoded));
measure("managedFields of a create", () => own(decoded));
measure("encode protobuf", () => encodeProtobuf(row.schema.name, decoded));
measure("decode protobuf message", () => decodeProtobuf(row.schema.name, message));
measure("decode protobuf", () => decode({ row, bytes: envelope, mediaType: "protobuf", fieldValidation: "Strict" }));
