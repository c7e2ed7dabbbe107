/** The Pod of the benchmark: about 3 KB as it is stored, defaults, token volume and managedFields included. */
const environment = Array.from({ length: 2 }, (_, index) => ({
  name: `SETTING_${index}`,
  value: `value-${index}-of-a-usual-length`,
}));

export function podBody(name: string, labels: Record<string, string> = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "bench", tier: "web", ...labels } },
    spec: {
      containers: [
        {
          name: "app",
          image: "registry.example.com/team/app:1.2.3",
          env: environment,
          ports: [{ name: "http", containerPort: 8080 }],
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
          readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5 },
          volumeMounts: [{ name: "config", mountPath: "/etc/app" }],
        },
      ],
      volumes: [{ name: "config", configMap: { name: "app" } }],
    },
  });
}
