/** Assembles the images of the first steps, once: the archive is kept and used again until a recipe changes. */
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { requireRelease } from "./debian.ts";
import { writeArchive } from "./oci.ts";
import { images, layers } from "./recipes.ts";

export interface AssembleOptions {
  /** Archives and downloaded packages stay here. */
  cacheDirectory: string;
  /** The manifest whose ConfigMap says which Python packages the service needs. */
  manifest: string;
  progress: (message: string) => void;
}

/** The names in the archive. */
export const imageNames: readonly string[] = images.flatMap(({ names }) => names);

/** Answers the path of an OCI archive that `timonier image load` takes. Needs root, for the owners of files. */
export async function assembleImages({ cacheDirectory, manifest, progress }: AssembleOptions): Promise<string> {
  const requirements = await readRequirements(manifest);
  const archive = join(cacheDirectory, `first-steps-${await fingerprint(requirements)}.tar`);
  if (await exists(archive)) return archive;
  await requireRelease();
  await mkdir(cacheDirectory, { recursive: true });
  const workshop = await mkdtemp(join(cacheDirectory, "workshop-"));
  try {
    const directories = new Map<string, string>();
    const layer = (name: string): string => join(workshop, name);
    for (const { name, build } of layers) {
      progress(`image layer ${name}`);
      await mkdir(layer(name));
      await build(layer(name), { packages: join(cacheDirectory, "packages"), requirements, layer });
      directories.set(name, layer(name));
    }
    progress("image archive");
    await writeArchive(archive, directories, images);
    await removeOthers(cacheDirectory, archive);
    return archive;
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Archives of earlier recipes: each is large. */
async function removeOthers(cacheDirectory: string, archive: string): Promise<void> {
  const old = (await readdir(cacheDirectory)).filter((name) => /^first-steps-.*\.tar$/.test(name) && name !== basename(archive));
  await Promise.all(old.map((name) => rm(join(cacheDirectory, name), { force: true })));
}

/** Of everything that the archive is made from, except the packages' versions. */
async function fingerprint(requirements: string): Promise<string> {
  const hash = createHash("sha256").update(requirements).update(process.arch);
  for (const file of (await readdir(import.meta.dirname)).sort()) hash.update(await readFile(join(import.meta.dirname, file)));
  return hash.digest("hex").slice(0, 12);
}

/** The key `requirements.txt` of the manifest's ConfigMaps. */
async function readRequirements(manifest: string): Promise<string> {
  for (const document of parseAllDocuments(await readFile(manifest, "utf8"))) {
    const text: unknown = document.getIn(["data", "requirements.txt"]);
    if (typeof text === "string") return text;
  }
  throw new Error(`${manifest} has no ConfigMap with requirements.txt`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
