import { describe, expect, test } from "vitest";
import { chooseRuntime } from "./choice.ts";
import { cniConfig } from "./cni-config.ts";
import { containerdConfig } from "./config.ts";
import { parseImported } from "./image-import.ts";
import { containerdLayout } from "./layout.ts";
import { type Machine, obstacle, parseVersion } from "./machine.ts";
import { mountPointsBelow } from "./mounts.ts";

const layout = containerdLayout("/data dir");
const base = { layout, snapshotter: "overlayfs", cniPlugins: "/usr/lib/cni", lowersOomScore: true } as const;

describe("containerd's configuration", () => {
  test("has the form of its version", () => {
    const one = containerdConfig({ ...base, version: "1.6.20" });
    expect(one).toContain("version = 2\n");
    expect(one).toContain('[plugins."io.containerd.grpc.v1.cri"]');
    const two = containerdConfig({ ...base, version: "2.1.4" });
    expect(two).toContain("version = 3\n");
    expect(two).toContain('[plugins."io.containerd.cri.v1.runtime"]');
    expect(two).toContain('bin_dirs = ["/usr/lib/cni"]');
    expect(two).not.toContain("sandbox_image");
    expect(containerdConfig({ ...base, version: "2.0.5" })).toContain('bin_dir = "/usr/lib/cni"');
  });

  test("keeps every path beneath the data directory", () => {
    for (const version of ["1.6.20", "2.0.0"]) {
      const text = containerdConfig({ ...base, version });
      for (const name of ["root", "state", "address", "conf_dir", "Root"])
        expect(text).toMatch(new RegExp(`^\\s*${name} = "/data dir/containerd/`, "m"));
      expect(text).toContain("netns_mounts_under_state_dir = true");
    }
  });

  test("has the handlers that RuntimeClasses ask for, beside the default one", () => {
    const runtimeHandlers = { gvisor: "io.containerd.runsc.v1", second: "io.containerd.runc.v2" };
    for (const version of ["1.6.20", "2.0.0"]) {
      const text = containerdConfig({ ...base, version, runtimeHandlers });
      expect(text.match(/runtimes\."(\w+)"\]\n\s*runtime_type = "(\S+)"/g)?.map((each) => each.split(/"/)[1])).toEqual([
        "runc",
        "gvisor",
        "second",
      ]);
      // What is no runc takes no options of runc's.
      expect(text.match(/SystemdCgroup = false/g)).toHaveLength(2);
    }
  });

  test("leaves oom_score_adj alone where it cannot be lowered", () => {
    expect(containerdConfig({ ...base, version: "1.6.20", lowersOomScore: false })).toContain("restrict_oom_score_adj = true");
    expect(containerdConfig({ ...base, version: "1.6.20" })).toContain("restrict_oom_score_adj = false");
  });
});

describe("the layout", () => {
  test("refuses a data directory whose socket's path would be too long", () => {
    expect(() => containerdLayout(`/${"x".repeat(90)}`)).toThrow(/too long.*101 bytes/);
  });
});

describe("the Pod network's configuration", () => {
  const options = { bridge: "timonier0", addressDirectory: "/data/addresses" };
  test("gives Pods addresses of the node's range, without masquerade or host ports of CNI's", () => {
    const { plugins, name } = JSON.parse(cniConfig({ ...options, podCidrs: ["10.244.3.0/24"] }));
    expect([name, plugins.length]).toEqual(["timonier", 1]);
    expect(plugins[0]).toMatchObject({ type: "bridge", bridge: "timonier0", isGateway: true, hairpinMode: true });
    expect(plugins[0].ipMasq).toBeUndefined();
    expect(plugins[0].ipam).toEqual({
      type: "host-local",
      dataDir: "/data/addresses",
      ranges: [[{ subnet: "10.244.3.0/24" }]],
      routes: [{ dst: "0.0.0.0/0" }],
    });
  });

  test("gives an address of each family with two ranges", () => {
    const { plugins } = JSON.parse(cniConfig({ ...options, podCidrs: ["10.244.0.0/24", "fd00:1::/64"] }));
    expect(plugins[0].ipam.ranges).toEqual([[{ subnet: "10.244.0.0/24" }], [{ subnet: "fd00:1::/64" }]]);
    expect(plugins[0].ipam.routes).toEqual([{ dst: "0.0.0.0/0" }, { dst: "::/0" }]);
  });
});

describe("the machine", () => {
  const tools = { nft: "/usr/sbin/nft", ip: "/usr/sbin/ip", mount: "/usr/bin/mount", conntrack: "/usr/sbin/conntrack" };
  const whole: Machine = {
    linux: true,
    root: true,
    cgroupVersion: 2,
    lowersOomScore: true,
    containerd: { path: "/usr/bin/containerd", version: "1.6.20" },
    runc: "/usr/sbin/runc",
    ctr: "/usr/bin/ctr",
    cniPlugins: "/usr/lib/cni",
    tools,
  };

  test.each([
    [{}, undefined],
    [{ root: false }, "root"],
    [{ containerd: undefined }, "containerd"],
    [{ ctr: undefined }, "ctr"],
    [{ runc: undefined }, "runc"],
    [{ cniPlugins: undefined }, "cni"],
    [{ tools: { ...tools, nft: undefined } }, "nft"],
    [{ tools: { ...tools, conntrack: undefined } }, undefined],
    [{ linux: false, root: false }, "linux"],
  ])("with %o lacks %s", (change, part) => {
    expect(obstacle({ ...whole, ...change })?.part).toBe(part);
  });

  test("decides what `auto` means, and is refused nothing silently", () => {
    const bare = { ...whole, containerd: undefined };
    expect(chooseRuntime({ runtime: "auto" }, whole)).toEqual({ kind: "containerd" });
    expect(chooseRuntime({ runtime: "auto" }, bare)).toMatchObject({
      kind: "simulated",
      because: expect.stringContaining("containerd"),
    });
    expect(chooseRuntime({ runtime: "simulated" }, whole)).toEqual({ kind: "simulated", because: "" });
    expect(chooseRuntime({ runtime: "auto", endpoint: "/run/crio.sock" }, bare)).toMatchObject({ kind: "endpoint" });
    expect(() => chooseRuntime({ runtime: "containerd" }, bare)).toThrow("containerd is not installed");
  });

  test("reads a version wherever it stands", () => {
    expect(parseVersion("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3")).toBe("1.6.20");
    expect(parseVersion("containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7193e4")).toBe("2.1.4");
  });
});

test("mount points beneath our directories come innermost first, unescaped", () => {
  const table = [
    "22 1 254:0 / / rw - ext4 /dev/vda rw",
    "30 22 0:40 / /data/a\\040b/state rw - tmpfs tmpfs rw",
    "31 30 0:41 / /data/a\\040b/state/rootfs rw - overlay overlay rw",
    "32 22 0:42 / /data/a\\040bc rw - tmpfs tmpfs rw",
  ].join("\n");
  expect(mountPointsBelow(table, ["/data/a b"])).toEqual(["/data/a b/state/rootfs", "/data/a b/state"]);
});

test("the names of imported images are read from what the client says", () => {
  const output =
    "unpacking docker.io/library/busybox:1.36 (sha256:ab12)...done\nunpacking localhost:5000/a/b:v1 (sha256:cd34)...done\n";
  expect(parseImported(output)).toEqual(["docker.io/library/busybox:1.36", "localhost:5000/a/b:v1"]);
});
