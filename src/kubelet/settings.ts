/** What of a kubelet can be set, under the names of upstream's KubeletConfiguration, with its defaults. */

export interface KubeletSettings {
  /** A log that has grown to this size is put aside. */
  containerLogMaxSizeBytes: number;
  /** Files that are kept of a container's log, the newest included; at least 2. */
  containerLogMaxFiles: number;
  /** How often sizes are looked at. */
  containerLogMonitorIntervalMs: number;
  /** Images are removed when their file system is fuller than this, */
  imageGcHighThresholdPercent: number;
  /** down to this, */
  imageGcLowThresholdPercent: number;
  /** but none that was seen for the first time, or used, less than this ago. */
  imageMinimumGcAgeMs: number;
}

export const DEFAULT_SETTINGS: KubeletSettings = {
  containerLogMaxSizeBytes: 10 * 2 ** 20,
  containerLogMaxFiles: 5,
  containerLogMonitorIntervalMs: 10_000,
  imageGcHighThresholdPercent: 85,
  imageGcLowThresholdPercent: 80,
  imageMinimumGcAgeMs: 120_000,
};
