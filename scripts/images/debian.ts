/**
 * Debian packages as files: downloads a list of packages with the libraries that they need, and unpacks them without running their
 * scripts. What a package's scripts would do, and an image needs, is done by the recipes.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** The release whose packages have the versions that the images' names promise. */
export const DEBIAN_RELEASE = "bookworm";

/** Throws unless this machine's packages are those of the release. */
export async function requireRelease(): Promise<void> {
  const release = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile("/etc/os-release", "utf8").catch(() => ""))?.[1];
  if (release !== DEBIAN_RELEASE)
    throw new Error(
      `images are assembled on Debian ${DEBIAN_RELEASE} (this is ${release ?? "not Debian"}): load them with \`timonier image load\`, or let nodes pull them`,
    );
}

/** A fresh machine has no package lists yet. */
async function requireLists(packages: readonly string[]): Promise<void> {
  const known = () => run("apt-cache", ["show", "--no-all-versions", ...packages], { maxBuffer: MAX_OUTPUT_BYTES });
  await known().catch(() => run("apt-get", ["update", "-qq"]));
}

/** Libraries that packages name without an image needing them: installers, just-in-time compilation, what perl scripts use. */
const LEFT_OUT =
  /^(lib(llvm|z3|perl|debian|newt|textwrap|slang|elogind|pam-modules|semanage|bsd0|apt|file-find-rule|number-compare)|lib.*-perl$)/;

/** The packages and the shared libraries that they need, directly or not. */
export async function withLibraries(packages: readonly string[]): Promise<string[]> {
  const flags = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((kind) => `--no-${kind}`);
  await requireLists(packages);
  const { stdout } = await run("apt-cache", ["depends", "--recurse", ...flags, ...packages], { maxBuffer: MAX_OUTPUT_BYTES });
  const named = stdout.split("\n").filter((line) => /^(lib|zlib1g|gcc-\d+-base)/.test(line) && !line.includes(":"));
  return [...new Set([...packages, ...named.filter((name) => !LEFT_OUT.test(name))])].sort();
}

/** Downloads what is not in `directory` yet. Answers the files in the order of `packages`. */
export async function download(directory: string, packages: readonly string[]): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const present = await byPackage(directory);
  const missing = packages.filter((name) => !present.has(name));
  if (missing.length > 0) {
    // Aside, so that a download that was broken off is never taken for a package.
    const aside = await mkdtemp(join(directory, "download-"));
    try {
      await fetchPackages(aside, missing);
      for (const [name, file] of await byPackage(aside)) {
        await rename(file, join(directory, basename(file)));
        present.set(name, join(directory, basename(file)));
      }
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
  return packages.map((name) => {
    const file = present.get(name);
    if (file === undefined) throw new Error(`the Debian package ${name} could not be downloaded`);
    return file;
  });
}

/** Files are called NAME_VERSION_ARCHITECTURE.deb. */
async function byPackage(directory: string): Promise<Map<string, string>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".deb"));
  return new Map(files.map((file) => [file.split("_")[0] ?? file, join(directory, file)]));
}

async function fetchPackages(directory: string, packages: readonly string[]): Promise<void> {
  const download = () => run("apt-get", ["download", "-qq", "-o", "APT::Sandbox::User=root", ...packages], { cwd: directory });
  // The machine's package lists may be older than the archive.
  await download().catch(async () => {
    await run("apt-get", ["update", "-qq"]);
    await download();
  });
}

/** What nobody reads in a container, and what is large. */
const EXCLUDED = [
  "usr/share/doc",
  "usr/share/man",
  "usr/share/info",
  "usr/share/locale",
  "usr/share/i18n",
  "usr/share/lintian",
  "usr/share/bash-completion",
  "usr/share/common-licenses",
];

/** Unpacks into `root`, which gets the merged layout (bin is usr/bin). */
export async function unpack(root: string, files: readonly string[]): Promise<void> {
  for (const directory of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(join(root, "usr", directory), { recursive: true });
    await symlink(`usr/${directory}`, join(root, directory)).catch(() => {});
  }
  const excludes = EXCLUDED.map((path) => `--exclude=./${path}/*`).join(" ");
  // One shell for all: dpkg-deb writes a tar, and only tar can be told to follow the links above.
  const script = `set -e; for deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink ${excludes}; done`;
  await run("bash", ["-o", "pipefail", "-c", script, "unpack", ...files], {
    env: { ...process.env, root },
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  for (const path of EXCLUDED) await rm(join(root, path), { recursive: true, force: true });
}

/** The directory of shared libraries: `x86_64-linux-gnu`. */
export const multiarch = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
const loader = process.arch === "arm64" ? "lib/ld-linux-aarch64.so.1" : "lib64/ld-linux-x86-64.so.2";

/** How to run a program of layers that are not put together: the first must hold the C library. */
export function inLayers(layers: readonly string[], program: string, args: readonly string[]): { file: string; args: string[] } {
  const libraries = layers.map((layer) => join(layer, "usr/lib", multiarch)).join(":");
  return { file: join(layers[0] ?? "", loader), args: ["--library-path", libraries, program, ...args] };
}

/** Throws where a program lacks a shared library. */
export async function checkLibraries(layers: readonly string[], programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    const { file, args } = inLayers(layers, program, []);
    const { stdout } = await run(file, ["--list", ...args]);
    const missing = stdout.split("\n").filter((line) => line.includes("not found"));
    if (missing.length > 0) throw new Error(`${program} lacks libraries: ${missing.map((line) => line.trim()).join(", ")}`);
  }
}
