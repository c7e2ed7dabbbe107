/**
 * What is in each layer and image. Debian's packages are unpacked, not installed: what their scripts would have done, and these images
 * need, stands here.
 */
import { execFile } from "node:child_process";
import { chmod, chown, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkLibraries, download, multiarch, unpack, withLibraries } from "./debian.ts";
import type { ImageRecipe } from "./oci.ts";
import { downloadWheels, runPython } from "./wheels.ts";

const run = promisify(execFile);

export interface Workshop {
  /** Downloaded packages, kept for the next time. */
  packages: string;
  /** Wheels that the python image carries, as lines of a requirements file. */
  requirements: string;
  /** The directory of a layer that is made already. */
  layer(name: string): string;
}

export interface LayerRecipe {
  name: string;
  build(root: string, workshop: Workshop): Promise<void>;
}

const BASE = [
  "base-files",
  "base-passwd",
  "bash",
  "ca-certificates",
  "coreutils",
  "dash",
  "debianutils",
  "diffutils",
  "findutils",
  "grep",
  "gzip",
  "hostname",
  "libc-bin",
  "mawk",
  "ncurses-base",
  "netbase",
  "procps",
  "sed",
  "tar",
  "tzdata",
  "util-linux",
];
const PYTHON = [
  "media-types",
  "python3-distutils",
  "python3-lib2to3",
  "python3-minimal",
  "python3-pip",
  "python3-pkg-resources",
  "python3-setuptools",
  "python3-wheel",
  "python3.11",
  "python3.11-minimal",
];
const POSTGRES = ["postgresql-15", "postgresql-client-15"];
const POSTGRES_ID = 999;

async function unpackPackages(
  root: string,
  workshop: Workshop,
  packages: readonly string[],
  below: readonly string[] = [],
): Promise<void> {
  const wanted = await withLibraries(packages);
  const present = new Set(below.length > 0 ? await withLibraries(below) : []);
  await unpack(
    root,
    await download(
      workshop.packages,
      wanted.filter((name) => !present.has(name)),
    ),
  );
}

async function write(root: string, path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), mode);
}

const busybox: LayerRecipe = {
  name: "busybox",
  async build(root, workshop) {
    const unpacked = `${root}.package`;
    await unpack(unpacked, await download(workshop.packages, ["busybox-static"]));
    await mkdir(join(root, "bin"), { recursive: true });
    await copyFile(join(unpacked, "bin/busybox"), join(root, "bin/busybox"));
    await rm(unpacked, { recursive: true });
    const { stdout } = await run(join(root, "bin/busybox"), ["--list"]);
    for (const name of stdout.trim().split("\n")) if (name !== "busybox") await symlink("busybox", join(root, "bin", name));
    await skeleton(root);
    await write(root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n");
    await write(root, "etc/group", "root:x:0:\nnogroup:x:65534:\n");
  },
};

const base: LayerRecipe = {
  name: "base",
  async build(root, workshop) {
    await unpackPackages(root, workshop, BASE);
    await skeleton(root);
    const masters = join(root, "usr/share/base-passwd");
    await copyFile(join(masters, "passwd.master"), join(root, "etc/passwd"));
    await copyFile(join(masters, "group.master"), join(root, "etc/group"));
    for (const [link, target] of [
      ["sh", "dash"],
      ["awk", "mawk"],
    ] as const) {
      await rm(join(root, "usr/bin", link), { force: true });
      await symlink(target, join(root, "usr/bin", link));
    }
    const authorities = join(root, "usr/share/ca-certificates/mozilla");
    const certificates = (await readdir(authorities)).sort().map((file) => readFile(join(authorities, file), "utf8"));
    await write(root, "etc/ssl/certs/ca-certificates.crt", (await Promise.all(certificates)).join(""));
    await rm(join(root, "usr/lib", multiarch, "gconv"), { recursive: true, force: true });
    await checkLibraries([root], [join(root, "usr/bin/bash"), join(root, "usr/bin/setpriv"), join(root, "usr/bin/ps")]);
  },
};

const python: LayerRecipe = {
  name: "python",
  async build(root, workshop) {
    await unpackPackages(root, workshop, PYTHON, BASE);
    await rm(join(root, "usr/lib/python3.11/EXTERNALLY-MANAGED"), { force: true });
    await rm(join(root, "usr/share/python-wheels"), { recursive: true, force: true });
    await mkdir(join(root, "usr/local/bin"), { recursive: true });
    for (const [link, target] of [
      ["python", "python3.11"],
      ["python3", "python3.11"],
      ["pip", "pip3"],
      ["python3.11", "python3.11"],
    ] as const)
      await symlink(`../../bin/${target}`, join(root, "usr/local/bin", link));
    await checkLibraries([workshop.layer("base"), root], [join(root, "usr/bin/python3.11")]);
    // Sources get the time 0 in the layer, so compiled files may not depend on it.
    const compiled = ["usr/lib/python3.11", "usr/lib/python3/dist-packages/pip"].map((path) => join(root, path));
    const prefix = ["-s", root, "-p", "/", "--invalidation-mode", "unchecked-hash"];
    await runPython([workshop.layer("base"), root], ["-m", "compileall", "-q", ...prefix, ...compiled]);
    const wheels = "usr/local/share/wheels";
    await downloadWheels([workshop.layer("base"), root], workshop.requirements, join(root, wheels));
    // There is no index to ask where this image is used; pip would wait for each package in vain.
    await write(root, "etc/pip.conf", `[global]\nno-index = true\nfind-links = /${wheels}\n`);
  },
};

const postgres: LayerRecipe = {
  name: "postgres",
  async build(root, workshop) {
    await unpackPackages(root, workshop, POSTGRES, BASE);
    const lib = join(root, "usr/lib/postgresql/15");
    // Just-in-time compilation would need LLVM, ten times the size of the server; without it the server does as if it were off.
    await Promise.all(
      ["lib/bitcode", "lib/llvmjit.so", "lib/llvmjit_types.bc"].map((path) =>
        rm(join(lib, path), { recursive: true, force: true }),
      ),
    );
    await checkLibraries(
      [workshop.layer("base"), root],
      [join(lib, "bin/postgres"), join(lib, "bin/psql"), join(lib, "bin/initdb")],
    );

    const account = (file: string) => readFile(join(workshop.layer("base"), "etc", file), "utf8");
    await write(
      root,
      "etc/passwd",
      `${await account("passwd")}postgres:x:${POSTGRES_ID}:${POSTGRES_ID}::/var/lib/postgresql:/bin/bash\n`,
    );
    await write(root, "etc/group", `${await account("group")}postgres:x:${POSTGRES_ID}:\n`);
    const sample = join(root, "usr/share/postgresql/15/postgresql.conf.sample");
    await writeFile(sample, (await readFile(sample, "utf8")).replace(/^#?listen_addresses = .*$/m, "listen_addresses = '*'"));
    await write(
      root,
      "usr/local/bin/docker-entrypoint.sh",
      await readFile(join(import.meta.dirname, "postgres-entrypoint.sh"), "utf8"),
      0o755,
    );
    await mkdir(join(root, "docker-entrypoint-initdb.d"));
    for (const [path, mode] of [
      ["var/lib/postgresql", 0o755],
      ["var/lib/postgresql/data", 0o1777],
      ["run/postgresql", 0o3777],
    ] as const) {
      await mkdir(join(root, path), { recursive: true });
      await chown(join(root, path), POSTGRES_ID, POSTGRES_ID);
      await chmod(join(root, path), mode);
    }
  },
};

/** The directories that every system has. */
async function skeleton(root: string): Promise<void> {
  for (const [path, mode] of [
    ["tmp", 0o1777],
    ["var/tmp", 0o1777],
    ["root", 0o700],
    ["home", 0o755],
    ["run", 0o755],
    ["proc", 0o755],
    ["sys", 0o755],
    ["dev", 0o755],
    ["etc", 0o755],
    ["usr/bin", 0o755],
    ["usr/local/bin", 0o755],
  ] as const) {
    await mkdir(join(root, path), { recursive: true });
    await chmod(join(root, path), mode);
  }
  await rm(join(root, "var/run"), { recursive: true, force: true });
  await symlink("../run", join(root, "var/run"));
}

export const layers: readonly LayerRecipe[] = [busybox, base, python, postgres];

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const library = (name: string): string => `docker.io/library/${name}`;

export const images: readonly ImageRecipe[] = [
  {
    names: [library("busybox:latest"), library("busybox:1.36")],
    layers: ["busybox"],
    config: { Env: [`PATH=${PATH}`], Cmd: ["sh"] },
  },
  {
    names: [library("python:3.11")],
    layers: ["base", "python"],
    config: { Env: [`PATH=${PATH}`, "LANG=C.UTF-8"], Cmd: ["python3"] },
  },
  {
    names: [library("postgres:15")],
    layers: ["base", "postgres"],
    config: {
      Env: [`PATH=${PATH}:/usr/lib/postgresql/15/bin`, "LANG=C.UTF-8", "PG_MAJOR=15", "PGDATA=/var/lib/postgresql/data"],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { "/var/lib/postgresql/data": {} },
      StopSignal: "SIGINT",
    },
  },
];
