/** containerd's configuration, as text. Pure: what it depends on is passed in. https://github.com/containerd/containerd/blob/main/docs/cri/config.md */
import type { Layout } from "./layout.ts";
import { PAUSE_IMAGE } from "./pause-image.ts";

export interface ContainerdConfig {
  layout: Layout;
  /** containerd's version: 2.x has another form of configuration than 1.x. */
  version: string;
  snapshotter: "overlayfs" | "native";
  cniPlugins: string;
  lowersOomScore: boolean;
  /** Besides the default one: for RuntimeClasses. */
  runtimeHandlers?: Readonly<RuntimeHandlers>;
}

/** containerd's runtime type by the name of the handler: `{ gvisor: "io.containerd.runsc.v1" }`. */
export type RuntimeHandlers = Record<string, string>;

const RUNC = "io.containerd.runc.v2";

/** Parts that this machine need not have, or that Timonier does not use: each costs start time or a warning. */
const DISABLED_PLUGINS = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.nri.v1.nri",
];

// A JSON string is a basic string of TOML, too.
const quote = (text: string): string => JSON.stringify(text);

export function containerdConfig(config: ContainerdConfig): string {
  const [major = 0] = config.version.split(".").map(Number);
  const { layout } = config;
  return `version = ${major >= 2 ? 3 : 2}
root = ${quote(layout.root)}
state = ${quote(layout.state)}
disabled_plugins = [${DISABLED_PLUGINS.map(quote).join(", ")}]

# Every Pod would add a dozen lines to a log that nobody turns over.
[debug]
  level = "warn"

[grpc]
  address = ${quote(layout.socket)}

${major >= 2 ? version3(config) : version2(config)}`;
}

function version2(config: ContainerdConfig): string {
  const { layout, snapshotter, cniPlugins, lowersOomScore } = config;
  return `[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${quote(PAUSE_IMAGE)}
  netns_mounts_under_state_dir = true
  # Streams of exec, attach and port-forward: for the kubelet beside it alone.
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # Without CAP_SYS_RESOURCE runc cannot lower oom_score_adj, and fails without saying why.
  restrict_oom_score_adj = ${!lowersOomScore}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${quote(cniPlugins)}
    conf_dir = ${quote(layout.cniConfig)}
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = ${quote(snapshotter)}
    default_runtime_name = "runc"
${runtimes("io.containerd.grpc.v1.cri", config)}`;
}

/** The default handler, and those that were asked for. */
function runtimes(plugin: string, { layout, runtimeHandlers = {} }: ContainerdConfig): string {
  return Object.entries({ runc: RUNC, ...runtimeHandlers })
    .map(([name, type]) => {
      const table = `plugins."${plugin}".containerd.runtimes.${quote(name)}`;
      const options = `
      [${table}.options]
        SystemdCgroup = false
        Root = ${quote(layout.runc)}`;
      return `    [${table}]
      runtime_type = ${quote(type)}${type === RUNC ? options : ""}
`;
    })
    .join("");
}

function version3(config: ContainerdConfig): string {
  const { layout, snapshotter, cniPlugins, lowersOomScore, version } = config;
  // From 2.1 on the plugins may stand in several directories, and the old name of the setting is deprecated.
  const binDirectories = version.startsWith("2.0.") ? `bin_dir = ${quote(cniPlugins)}` : `bin_dirs = [${quote(cniPlugins)}]`;
  return `[plugins."io.containerd.cri.v1.images"]
  snapshotter = ${quote(snapshotter)}
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = ${quote(PAUSE_IMAGE)}

# Streams of exec, attach and port-forward: for the kubelet beside it alone.
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[plugins."io.containerd.cri.v1.runtime"]
  netns_mounts_under_state_dir = true
  # Without CAP_SYS_RESOURCE runc cannot lower oom_score_adj, and fails without saying why.
  restrict_oom_score_adj = ${!lowersOomScore}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    ${binDirectories}
    conf_dir = ${quote(layout.cniConfig)}
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
${runtimes("io.containerd.cri.v1.runtime", config)}`;
}
