/** Python packages: fetched with the pip and the Python of the image itself, so that nothing of the kind need be on the machine. */
import { execFile } from "node:child_process";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inLayers } from "./debian.ts";

const run = promisify(execFile);
const CERTIFICATES = "etc/ssl/certs/ca-certificates.crt";

/** Runs the Python of the last layer. */
export async function runPython(
  layers: readonly string[],
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const root = layers.at(-1) ?? "";
  const { file, args: all } = inLayers(layers, join(root, "usr/bin/python3.11"), args);
  const own = {
    PYTHONHOME: join(root, "usr"),
    PYTHONPATH: join(root, "usr/lib/python3/dist-packages"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  await run(file, all, { env: { ...process.env, ...own, ...environment }, maxBuffer: 16 * 1024 * 1024 });
}

/** Downloads what the lines of a requirements file name, and what that needs, as wheels. */
export async function downloadWheels(layers: readonly string[], requirements: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const list = `${directory}.txt`;
  await writeFile(list, requirements);
  // A machine without certificates of its own uses the image's.
  const known = await access(`/${CERTIFICATES}`).then(
    () => true,
    () => false,
  );
  const certificates = known ? {} : { PIP_CERT: join(layers[0] ?? "", CERTIFICATES) };
  const platform = process.arch === "arm64" ? "manylinux2014_aarch64" : "manylinux2014_x86_64";
  const target = ["--only-binary=:all:", "--python-version=3.11", "--implementation=cp", `--platform=${platform}`];
  await runPython(
    layers,
    ["-m", "pip", "download", "--quiet", "--no-cache-dir", ...target, "--dest", directory, "--requirement", list],
    certificates,
  );
}
