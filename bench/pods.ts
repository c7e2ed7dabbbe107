/** The Pod of the benchmark: about 3 KB, as a Deployment of a web service makes them. */
const environment = Array.from({ length: 12 }, (_, index) => ({
  name: `SETTING_${index}`,
  value: `value-${index}-of-a-usual-length`,
}));

export function podBody(name: string, labels: Record<string, string> = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: { app: "bench", tier: "web", ...labels },
      annotations: { "example.com/description": "A Pod of the benchmark, with what a Pod of a web service usually has." },
    },
    spec: {
      containers: [
        {
          name: "app",
          image: "registry.example.com/team/app:1.2.3",
          command: ["python", "-m", "uvicorn", "app:app", "--host", "0.0.0.0"],
          env: environment,
          ports: [{ name: "http", containerPort: 8080 }],
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
          readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5 },
          livenessProbe: { httpGet: { path: "/live", port: "http" }, initialDelaySeconds: 10 },
          volumeMounts: [
            { name: "config", mountPath: "/etc/app" },
            { name: "scratch", mountPath: "/scratch" },
          ],
        },
        {
          name: "logs",
          image: "registry.example.com/team/logs:2.0",
          args: ["--follow", "/scratch/app.log"],
          volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
        },
      ],
      volumes: [
        { name: "config", configMap: { name: "app" } },
        { name: "scratch", emptyDir: {} },
      ],
    },
  });
}
