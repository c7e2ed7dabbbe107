import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { PAUSE_IMAGE, pauseImage } from "./pause-image.ts";

const untar = (archive: Uint8Array, ...names: string[]): Buffer =>
  execFileSync("tar", ["-xOf", "-", ...names], { input: archive });

test("is an OCI layout whose digests are right and whose layer holds the program", () => {
  const archive = pauseImage("x64");
  const json = (name: string) => JSON.parse(untar(archive, name).toString());
  const blob = ({ digest, size }: { digest: string; size: number }): Buffer => {
    const content = untar(archive, `blobs/sha256/${digest.slice("sha256:".length)}`);
    expect([`sha256:${createHash("sha256").update(content).digest("hex")}`, content.length]).toEqual([digest, size]);
    return content;
  };
  const [descriptor] = json("index.json").manifests;
  expect(descriptor.annotations["io.containerd.image.name"]).toBe(PAUSE_IMAGE);
  const manifest = JSON.parse(blob(descriptor).toString());
  const config = JSON.parse(blob(manifest.config).toString());
  expect(config).toMatchObject({ architecture: "amd64", os: "linux", config: { Entrypoint: ["/pause"] } });
  expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
  const listing = execFileSync("tar", ["-tvf", "-"], { input: blob(manifest.layers[0]) }).toString();
  expect(listing).toMatch(/^-rwxr-xr-x 0\/0 .* pause\n$/);
});

test("is the same, byte for byte, every time", () => {
  expect(pauseImage("arm64")).toEqual(pauseImage("arm64"));
});
