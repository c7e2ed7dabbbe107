/** `/version`: which Kubernetes this is compatible with. Clients decide by it what they may ask for. */
const MAJOR = "1";
const MINOR = "36";

export const GIT_VERSION = `v${MAJOR}.${MINOR}.3`;

export const versionDocument = {
  major: MAJOR,
  minor: MINOR,
  emulationMajor: MAJOR,
  emulationMinor: MINOR,
  minCompatibilityMajor: MAJOR,
  minCompatibilityMinor: "35",
  gitVersion: GIT_VERSION,
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
} as const;
