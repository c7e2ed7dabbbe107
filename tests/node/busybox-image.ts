/** The smallest image that tests can run commands in: the machine's static busybox, as `docker save` would write it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type TarEntry, tar } from "../../src/kubelet/containerd/tar.ts";

const run = promisify(execFile);

/** As the archive names it; what it is called in full begins with `docker.io/library/`. */
export const BUSYBOX = "timonier-test-busybox:1";

/** `names`: under which the image is found. Images of different names differ, too: runtimes tell images by their content. */
export async function busyboxArchive(names: readonly string[] = [BUSYBOX]): Promise<Uint8Array> {
  const program = (await run("sh", ["-c", "command -v busybox"])).stdout.trim();
  const busybox = await readFile(program);
  const applets = (await run(program, ["--list"])).stdout.trim().split("\n");
  const file = (name: string, content: Uint8Array | string, mode = 0o644): TarEntry => ({
    name,
    mode,
    content: typeof content === "string" ? Buffer.from(content) : content,
  });
  const applet = (name: string): TarEntry => ({ ...file(`bin/${name}`, "", 0o777), link: "busybox" });
  const layer = tar([
    { name: "tmp/", mode: 0o1777, content: new Uint8Array() },
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    file("etc/group", "root:x:0:\n"),
    file("bin/busybox", busybox, 0o755),
    ...applets.filter((name) => name !== "busybox").map(applet),
  ]);
  const config = JSON.stringify({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin"], Cmd: ["sh"], Labels: { name: names[0] } },
    rootfs: { type: "layers", diff_ids: [`sha256:${createHash("sha256").update(layer).digest("hex")}`] },
  });
  return tar([
    file("layer.tar", layer),
    file("config.json", config),
    file("manifest.json", JSON.stringify([{ Config: "config.json", RepoTags: names, Layers: ["layer.tar"] }])),
  ]);
}
