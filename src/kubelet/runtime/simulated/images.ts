/** The images of simulated nodes: what each is, which are there from the start, how a pull goes, what containers of it do. */
import { encodeUtf8 } from "../../../base/bytes.ts";
import { type Duration, durationMs } from "../../../base/duration.ts";
import type { Image } from "../images.ts";
import { RuntimeError } from "../runtime.ts";
import type { Behaviour, Run } from "./behaviour.ts";

/** What a test says about an image. Every method answers the image again. */
export interface ProgrammableImage {
  /** Containers without a behaviour of their own do this. */
  behaves(behaviour: Behaviour): ProgrammableImage;
  /** Every run ends, `after` its start: at once unless said otherwise. */
  crashes(run?: { after?: Duration; exitCode?: number }): ProgrammableImage;
  cannotStart(message: string): ProgrammableImage;
  failsToPull(message: string): ProgrammableImage;
  takesToPull(duration: Duration): ProgrammableImage;
  /** On every node already. */
  isPresent(): ProgrammableImage;
  runsAs(uid: number): ProgrammableImage;
}

export interface ImageFacts {
  behaviour: Behaviour;
  pullFailure: string | undefined;
  pullMs: number;
  present: boolean;
  uid: number;
}

/** One for all nodes of a cluster. */
export interface SimulatedImages {
  image(reference: string): ProgrammableImage;
  /** By full name. */
  facts(name: string): ImageFacts;
  present(): Iterable<string>;
}

const TEST_IMAGES = "registry.k8s.io/e2e-test-images/";
const PRESENT = [`${TEST_IMAGES}busybox:1.37.0-1`, `${TEST_IMAGES}busybox:1.36.1-1`, `${TEST_IMAGES}agnhost:2.63.0`];
const PULL_MS = 20;

/** `nginx` → `docker.io/library/nginx:latest`, as every runtime completes it. */
export function fullName(reference: string): string {
  const at = reference.indexOf("@");
  const [name, digest] = at < 0 ? [reference, ""] : [reference.slice(0, at), reference.slice(at)];
  const slash = name.indexOf("/");
  const host = slash < 0 ? "" : name.slice(0, slash);
  const hasHost = host.includes(".") || host.includes(":") || host === "localhost";
  const path = hasHost ? name : `docker.io/${slash < 0 ? "library/" : ""}${name}`;
  return digest !== "" ? path + digest : /:[^/]*$/.test(path.slice(path.indexOf("/"))) ? path : `${path}:latest`;
}

/** FNV-1a, widened: simulated digests have to differ, not to resist anybody. */
function digestOf(name: string): string {
  let text = "";
  for (let round = 0; round < 8; round++) {
    let hash = 0x811c9dc5 ^ round;
    for (const byte of encodeUtf8(name)) hash = Math.imul(hash ^ byte, 0x01000193);
    text += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return `sha256:${text}`;
}

const repositoryOf = (name: string): string => name.replace(/(@.*|:[^/:]*)$/, "");

export function imageOf(name: string, facts: ImageFacts): Image {
  const digest = digestOf(name);
  return {
    id: digest,
    repoTags: name.includes("@") ? [] : [name],
    repoDigests: [`${repositoryOf(name)}@${digest}`],
    sizeBytes: 1_000_000 + (Number.parseInt(digest.slice(7, 13), 16) % 100_000_000),
    uid: facts.uid,
    pinned: false,
  };
}

/** As containerd says it of a name that no resolver knows, and of what a test made fail. */
export function pullError(name: string, why: string | undefined): RuntimeError {
  if (why !== undefined) return new RuntimeError("Unknown", why);
  const host = name.slice(0, name.indexOf("/"));
  const [path = "", tag = ""] = name.slice(host.length + 1).split(/[:@]/);
  return new RuntimeError(
    "Unknown",
    `failed to pull and unpack image "${name}": failed to resolve reference "${name}": failed to do request: ` +
      `Head "https://${host}/v2/${path}/manifests/${tag}": dial tcp: lookup ${host}: no such host`,
  );
}

/** The top-level domain that never resolves (RFC 2606). */
export const neverResolves = (name: string): boolean => name.slice(0, name.indexOf("/")).endsWith(".invalid");

export function simulatedImages(): SimulatedImages {
  const known = new Map<string, ImageFacts>();
  const facts = (name: string): ImageFacts =>
    known.get(name) ?? { behaviour: {}, pullFailure: undefined, pullMs: PULL_MS, present: PRESENT.includes(name), uid: 0 };

  function image(reference: string): ProgrammableImage {
    const name = fullName(reference);
    const change = (fields: Partial<ImageFacts>): ProgrammableImage => {
      known.set(name, { ...facts(name), ...fields });
      return programmable;
    };
    const runs = (run: Run): ProgrammableImage => change({ behaviour: { ...facts(name).behaviour, runs: [run] } });
    const programmable: ProgrammableImage = {
      behaves: (behaviour) => change({ behaviour }),
      crashes: ({ after = 0, exitCode = 1 } = {}) => runs({ exitAfter: durationMs(after) / 1000, exitCode }),
      cannotStart: (startError) => runs({ startError }),
      failsToPull: (pullFailure) => change({ pullFailure }),
      takesToPull: (duration) => change({ pullMs: durationMs(duration) }),
      isPresent: () => change({ present: true }),
      runsAs: (uid) => change({ uid }),
    };
    return programmable;
  }

  return {
    image,
    facts,
    *present() {
      yield* PRESENT;
      for (const [name, { present }] of known) if (present && !PRESENT.includes(name)) yield name;
    },
  };
}
