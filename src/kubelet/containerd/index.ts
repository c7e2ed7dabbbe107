/** Real containers on this machine: a containerd of our own, from finding out whether there can be one to leaving nothing behind. */
export { chooseRuntime, type RuntimeChoice, type RuntimeWish } from "./choice.ts";
export { type CniOptions, cniConfig } from "./cni-config.ts";
export { claimHostPaths, HOST_PATHS, type HostPaths, refuseOtherKubelets, releaseHostPaths } from "./host-paths.ts";
export { type Importer, importImage, loadImages } from "./image-import.ts";
export { containerdLayout, type Layout } from "./layout.ts";
export {
  CNI_DIRECTORIES,
  inspectMachine,
  type Machine,
  type MissingPart,
  type Obstacle,
  obstacle,
  obstacles,
  type Tool,
} from "./machine.ts";
export { PAUSE_IMAGE } from "./pause-image.ts";
export { type ReleaseOptions, releaseContainerd } from "./release.ts";
export { NodeSetupError } from "./setup-error.ts";
export { carriesOverlay } from "./snapshotter.ts";
export { type Containerd, type ContainerdOptions, type PodNetwork, startContainerd } from "./supervise.ts";
