/**
 * /configz: the KubeletConfiguration by which this kubelet works. Only what it really does by it; times and sizes as Go prints them.
 * https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
import { formatDuration } from "../../base/duration.ts";
import type { KubeletPaths } from "../config/pod-configs.ts";
import type { ClusterDns } from "../environment/dns.ts";
import { LEASE_SECONDS } from "../node/lease.ts";
import { REPORT_MS } from "../node/reporter.ts";
import type { KubeletSettings } from "../settings.ts";
import { VOLUMES_KEEP_MS } from "../stats/disk-usage.ts";
import { TOKEN_KEEP_MS } from "./access/authentication.ts";
import { ALLOWED_KEEP_MS, REFUSED_KEEP_MS } from "./access/authorization.ts";

export interface Configured {
  settings: KubeletSettings;
  dns: ClusterDns;
  paths: KubeletPaths;
  cgroupRoot: string;
  maxPods: number;
  address: string;
  port: number;
}

export function kubeletConfiguration({ settings, dns, paths, cgroupRoot, maxPods, address, port }: Configured): object {
  return {
    enableServer: true,
    address,
    port,
    authentication: {
      x509: {},
      webhook: { enabled: true, cacheTTL: formatDuration(TOKEN_KEEP_MS) },
      anonymous: { enabled: false },
    },
    authorization: {
      mode: "Webhook",
      webhook: {
        cacheAuthorizedTTL: formatDuration(ALLOWED_KEEP_MS),
        cacheUnauthorizedTTL: formatDuration(REFUSED_KEEP_MS),
      },
    },
    clusterDomain: dns.domain,
    clusterDNS: dns.servers,
    nodeStatusReportFrequency: formatDuration(REPORT_MS),
    nodeLeaseDurationSeconds: LEASE_SECONDS,
    imageMinimumGCAge: formatDuration(settings.imageMinimumGcAgeMs),
    imageMaximumGCAge: "0s",
    imageGCHighThresholdPercent: settings.imageGcHighThresholdPercent,
    imageGCLowThresholdPercent: settings.imageGcLowThresholdPercent,
    volumeStatsAggPeriod: formatDuration(VOLUMES_KEEP_MS),
    cgroupRoot,
    cgroupsPerQOS: true,
    cgroupDriver: "cgroupfs",
    maxPods,
    podLogsDir: paths.logs,
    enableDebuggingHandlers: true,
    enableSystemLogHandler: true,
    containerLogMaxSize: `${settings.containerLogMaxSizeBytes / 2 ** 20}Mi`,
    containerLogMaxFiles: settings.containerLogMaxFiles,
    containerLogMonitorInterval: formatDuration(settings.containerLogMonitorIntervalMs),
  };
}
