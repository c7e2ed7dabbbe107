/** The images that are assembled where none can be pulled do what users expect of those names. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assembleImages, imageNames } from "../../scripts/images/assemble.ts";
import { DEBIAN_RELEASE } from "../../scripts/images/debian.ts";
import { realClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { type Containerd, loadImages, startContainerd } from "../../src/kubelet/containerd/index.ts";
import { criRuntime } from "../../src/kubelet/runtime/cri/cri-runtime.ts";
import type { Runtime } from "../../src/kubelet/runtime/runtime.ts";
import { type Namespaces, openNamespaces, until, whyNot } from "./namespaces.ts";
import { containerConfig, sandboxConfig } from "./pods.ts";

const repository = join(import.meta.dirname, "../..");
const manifest = join(repository, "examples/first-steps/api.yaml");
const release = await readFile("/etc/os-release", "utf8").catch(() => "");
const missing =
  (await whyNot()) ?? (release.includes(DEBIAN_RELEASE) ? undefined : `images are assembled on Debian ${DEBIAN_RELEASE} only`);
if (missing !== undefined) console.warn(`tests of the first steps' images are skipped: ${missing}`);

interface Started {
  pod: string;
  id: string;
  log(): Promise<string>;
}

describe.skipIf(missing !== undefined)("the first steps' images", () => {
  let namespaces: Namespaces;
  let containerd: Containerd;
  let runtime: Runtime;

  const directory = async (name: string): Promise<string> => {
    const path = join(namespaces.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  };

  /** `mounts` are host directories by their path in the container. */
  async function run(
    name: string,
    image: string,
    command: readonly string[],
    env: Record<string, string>,
    mounts: Record<string, string>,
  ): Promise<Started> {
    const config = sandboxConfig(name, namespaces);
    const pod = await runtime.runPodSandbox(config, "");
    const mounted = Object.entries(mounts).map(([containerPath, hostPath]) => ({ containerPath, hostPath }));
    const id = await runtime.createContainer(
      pod,
      {
        ...containerConfig(name, image, command),
        envs: Object.entries(env).map(([key, value]) => ({ key, value })),
        mounts: mounted.map((mount) => ({
          ...mount,
          readonly: false,
          recursiveReadOnly: false,
          selinuxRelabel: false,
          propagation: "Private",
        })),
      },
      config,
    );
    await runtime.startContainer(id);
    return { pod, id, log: () => readFile(join(config.logDirectory, `${name}.log`), "utf8").catch(() => "") };
  }

  const ended = (id: string) => until(`container ${id} ends`, async () => (await runtime.containerStatus(id)).state === "Exited");
  const exec = async (id: string, command: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await runtime.execSync(id, ["sh", "-c", command]);
    return exitCode === 0 ? Buffer.from(stdout).toString() : `exit code ${exitCode}: ${Buffer.from(stderr).toString()}`;
  };
  const serves = (id: string) =>
    until("the database answers", async () => (await exec(id, "pg_isready -q -h 127.0.0.1 -U sailor")) === "", 60_000);

  beforeAll(async () => {
    const archive = await assembleImages({ cacheDirectory: join(repository, ".cache/images"), manifest, progress: () => {} });
    namespaces = await openNamespaces();
    const network = { podCidrs: ["10.251.0.0/24"], bridge: "timonier-test" };
    containerd = await startContainerd({
      dataDirectory: namespaces.directory,
      machine: namespaces.machine,
      network,
      clock: realClock,
      logger: silentLogger,
    });
    runtime = await criRuntime({ endpoint: containerd.endpoint, clock: realClock });
    expect(await loadImages(containerd.importer, runtime, archive, realClock)).toEqual(imageNames);
  }, 180_000);

  afterAll(async () => {
    await runtime?.close();
    containerd?.leave();
    if (namespaces === undefined) return;
    await namespaces.release().finally(() => namespaces.close());
  });

  test("postgres says that it needs a password", async () => {
    const { id, log } = await run("bare", "postgres:15", [], {}, {});
    await ended(id);
    expect((await runtime.containerStatus(id)).exitCode).toBe(1);
    expect(await log()).toContain("set POSTGRES_PASSWORD");
  });

  test("postgres makes the user and database that it is told, runs the scripts once, and keeps its data", async () => {
    const secrets = await directory("secrets");
    await writeFile(join(secrets, "password"), "a'b \"c$d");
    const scripts = await directory("scripts");
    await writeFile(join(scripts, "1.sql"), "CREATE TABLE log (line text); INSERT INTO log VALUES ('sql');");
    await writeFile(
      join(scripts, "2.sh"),
      `psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "INSERT INTO log VALUES ('sh')"`,
    );
    await writeFile(join(scripts, "3.sql.gz"), gzipSync("INSERT INTO log VALUES ('gz');"));
    const env = { POSTGRES_USER: "sailor", POSTGRES_PASSWORD_FILE: "/secrets/password", POSTGRES_DB: "sea", PGDATA: "/data/pg" };
    const mounts = { "/secrets": secrets, "/docker-entrypoint-initdb.d": scripts, "/data": await directory("data") };

    const first = await run("first", "postgres:15", [], env, mounts);
    await serves(first.id);
    const address = (await runtime.podSandboxStatus(first.pod)).ips[0];
    const query = (password: string) =>
      exec(first.id, `${password} psql -h ${address} -U sailor -d sea -tAc "SELECT string_agg(line, ',') FROM log"`);
    expect(await query('PGPASSWORD="$(cat /secrets/password)"')).toBe("sql,sh,gz\n");
    expect(await query("PGPASSWORD=wrong")).toContain("password authentication failed");
    await runtime.stopContainer(first.id, 20_000);
    expect((await runtime.containerStatus(first.id)).exitCode).toBe(0);

    const second = await run("second", "postgres:15", [], env, mounts);
    await serves(second.id);
    expect(await exec(second.id, "psql -U sailor -d sea -tAc 'SELECT count(*) FROM log'")).toBe("3\n");
    expect(await second.log()).not.toContain("running /docker-entrypoint-initdb.d");
  });

  test("python is called python, and pip installs what the service needs without an index", async () => {
    const source = await directory("source");
    const text = await readFile(manifest, "utf8");
    const requirements = [...text.matchAll(/^ {4}(\S+==\S+)$/gm)].map(([, line]) => line);
    expect(requirements.length).toBeGreaterThan(2);
    await writeFile(join(source, "requirements.txt"), requirements.join("\n"));
    const script =
      "python --version && pip install -q --no-cache-dir --target=/source/lib -r /source/requirements.txt && PYTHONPATH=/source/lib python -c 'import asyncpg, fastapi, ssl, sqlite3, uvicorn; print(fastapi.__version__)'";
    const { id, log } = await run("python", "python:3.11", ["sh", "-c", script], {}, { "/source": source });
    await ended(id);
    expect((await runtime.containerStatus(id)).exitCode).toBe(0);
    const [version, fastapi] = [...(await log()).matchAll(/stdout F (.*)$/gm)].map(([, line]) => line);
    expect(version).toMatch(/^Python 3\.11\./);
    expect(requirements).toContain(`fastapi==${fastapi}`);
  });
});
