/** The image of Pod sandboxes as an OCI archive, made here: it cannot be pulled where no registry is. */
import { createHash } from "node:crypto";
import { encodeUtf8 } from "../../base/bytes.ts";
import { type Architecture, pauseProgram } from "./pause-program.ts";
import { type TarEntry, tar } from "./tar.ts";

/** The tag changes with the program. */
export const PAUSE_IMAGE = "localhost/timonier/pause:1";

const GO_ARCHITECTURES: Readonly<Record<Architecture, string>> = { x64: "amd64", arm64: "arm64" };
const OCI = "application/vnd.oci.image";

/** https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export function pauseImage(architecture: Architecture): Uint8Array {
  const blobs: TarEntry[] = [];
  const blob = (mediaType: string, content: Uint8Array): { mediaType: string; digest: string; size: number } => {
    const hex = createHash("sha256").update(content).digest("hex");
    blobs.push({ name: `blobs/sha256/${hex}`, mode: 0o644, content });
    return { mediaType: `${OCI}.${mediaType}`, digest: `sha256:${hex}`, size: content.length };
  };
  const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

  const platform = { architecture: GO_ARCHITECTURES[architecture], os: "linux" };
  const layer = blob("layer.v1.tar", tar([{ name: "pause", mode: 0o755, content: pauseProgram(architecture) }]));
  const config = blob(
    "config.v1+json",
    json({
      created: "2026-01-01T00:00:00Z",
      ...platform,
      config: { Entrypoint: ["/pause"], User: "65535:65535", WorkingDir: "/" },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const manifest = blob(
    "manifest.v1+json",
    json({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers: [layer] }),
  );
  const annotations = { "io.containerd.image.name": PAUSE_IMAGE, "org.opencontainers.image.ref.name": "1" };
  const file = (name: string, value: unknown): TarEntry => ({ name, mode: 0o644, content: json(value) });
  return tar([
    file("oci-layout", { imageLayoutVersion: "1.0.0" }),
    file("index.json", { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] }),
    ...blobs,
  ]);
}
