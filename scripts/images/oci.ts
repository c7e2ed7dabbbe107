/** Writes images as one OCI archive in which layers are shared. https://github.com/opencontainers/image-spec */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ImageRecipe {
  /** As users pull it, in full: `docker.io/library/python:3.11`. */
  names: readonly string[];
  /** Names of layers, the lowest first. */
  layers: readonly string[];
  config: {
    Env?: readonly string[];
    Entrypoint?: readonly string[];
    Cmd?: readonly string[];
    WorkingDir?: string;
    ExposedPorts?: Readonly<Record<string, object>>;
    Volumes?: Readonly<Record<string, object>>;
    StopSignal?: string;
    Labels?: Readonly<Record<string, string>>;
  };
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

const OCI = "application/vnd.oci.image";
const CREATED = "2026-01-01T00:00:00Z";

/** `layers` are directories by name. The archive appears under its name only when it is whole. */
export async function writeArchive(
  archive: string,
  layers: ReadonlyMap<string, string>,
  images: readonly ImageRecipe[],
): Promise<void> {
  const place = await mkdtemp(join(dirname(archive), "archive-"));
  try {
    await mkdir(join(place, "blobs/sha256"), { recursive: true });
    const descriptors = new Map<string, Descriptor>();
    for (const [name, directory] of layers) descriptors.set(name, await layerBlob(place, directory));
    const platform = { architecture: process.arch === "arm64" ? "arm64" : "amd64", os: "linux" };
    const manifests = [];
    for (const image of images) {
      const used = image.layers.map((name) => {
        const descriptor = descriptors.get(name);
        if (descriptor === undefined) throw new Error(`no layer is called ${name}`);
        return descriptor;
      });
      const config = await jsonBlob(place, "config.v1+json", {
        created: CREATED,
        ...platform,
        config: image.config,
        rootfs: { type: "layers", diff_ids: used.map(({ digest }) => digest) },
        history: image.layers.map((layer) => ({ created: CREATED, created_by: `timonier images: ${layer}` })),
      });
      const manifest = await jsonBlob(place, "manifest.v1+json", {
        schemaVersion: 2,
        mediaType: `${OCI}.manifest.v1+json`,
        config,
        layers: used,
      });
      for (const name of image.names)
        manifests.push({
          ...manifest,
          platform,
          annotations: {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
          },
        });
    }
    await writeFile(join(place, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await writeFile(join(place, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    await run("tar", ["-C", place, "-cf", `${place}.tar`, "oci-layout", "index.json", "blobs"]);
    await rename(`${place}.tar`, archive);
  } finally {
    await Promise.all([rm(place, { recursive: true, force: true }), rm(`${place}.tar`, { force: true })]);
  }
}

/** The same files give the same layer: order and times are fixed. */
async function layerBlob(place: string, directory: string): Promise<Descriptor> {
  const file = join(place, `${basename(directory)}.tar`);
  const fixed = ["--sort=name", "--mtime=@0", "--numeric-owner", "--format=posix", "--pax-option=delete=atime,delete=ctime"];
  await run("tar", [...fixed, "-C", directory, "-cf", file, "."]);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const hex = hash.digest("hex");
  const { size } = await stat(file);
  await rename(file, join(place, "blobs/sha256", hex));
  return { mediaType: `${OCI}.layer.v1.tar`, digest: `sha256:${hex}`, size };
}

async function jsonBlob(place: string, kind: string, value: unknown): Promise<Descriptor> {
  const content = Buffer.from(JSON.stringify(value));
  const hex = createHash("sha256").update(content).digest("hex");
  await writeFile(join(place, "blobs/sha256", hex), content);
  return { mediaType: `${OCI}.${kind}`, digest: `sha256:${hex}`, size: content.length };
}
