/** The calls of CRI v1's two services that Timonier makes: their paths, requests and answers. */
import {
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerFilter,
  ContainerStats,
  ContainerStatus,
  FilesystemUsage,
  Image,
  ImageSpec,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxFilter,
  PodSandboxStatus,
  RuntimeConfig,
  RuntimeFeatures,
  RuntimeHandler,
  RuntimeStatus,
} from "./messages.ts";
import {
  bool,
  bytes,
  type Fields,
  integer,
  integers,
  type Message,
  many,
  map,
  message,
  one,
  string,
  strings,
} from "./protobuf.ts";

export interface Call<Request extends Message<Fields>, Response extends Message<Fields>> {
  readonly name: string;
  readonly path: string;
  readonly request: Request;
  readonly response: Response;
}

const inService =
  (service: string) =>
  <Request extends Message<Fields>, Response extends Message<Fields>>(
    name: string,
    request: Request,
    response: Response,
  ): Call<Request, Response> => ({ name, path: `/runtime.v1.${service}/${name}`, request, response });
const runtime = inService("RuntimeService");
const image = inService("ImageService");

const nothing = message({});
const podSandboxId = message({ podSandboxId: string(1) });
const containerId = message({ containerId: string(1) });
const url = message({ url: string(1) });
const imageOnly = message({ image: one(1, () => ImageSpec) });

const ContainerStatsFilter = message({ id: string(1), podSandboxId: string(2), labelSelector: map(3) });

/** containerEventType: CREATED 0, STARTED 1, STOPPED 2, DELETED 3. */
const ContainerEventResponse = message({
  containerId: string(1),
  containerEventType: integer(2),
  createdAt: integer(3),
  podSandboxStatus: one(4, () => PodSandboxStatus),
  containersStatuses: many(5, () => ContainerStatus),
});

export const runtimeService = {
  version: runtime(
    "Version",
    message({ version: string(1) }),
    message({ version: string(1), runtimeName: string(2), runtimeVersion: string(3), runtimeApiVersion: string(4) }),
  ),
  status: runtime(
    "Status",
    message({ verbose: bool(1) }),
    message({
      status: one(1, () => RuntimeStatus),
      info: map(2),
      runtimeHandlers: many(3, () => RuntimeHandler),
      features: one(4, () => RuntimeFeatures),
    }),
  ),
  updateRuntimeConfig: runtime("UpdateRuntimeConfig", message({ runtimeConfig: one(1, () => RuntimeConfig) }), nothing),

  runPodSandbox: runtime(
    "RunPodSandbox",
    message({ config: one(1, () => PodSandboxConfig), runtimeHandler: string(2) }),
    podSandboxId,
  ),
  stopPodSandbox: runtime("StopPodSandbox", podSandboxId, nothing),
  removePodSandbox: runtime("RemovePodSandbox", podSandboxId, nothing),
  podSandboxStatus: runtime(
    "PodSandboxStatus",
    message({ podSandboxId: string(1), verbose: bool(2) }),
    message({
      status: one(1, () => PodSandboxStatus),
      info: map(2),
      containersStatuses: many(3, () => ContainerStatus),
      timestamp: integer(4),
    }),
  ),
  listPodSandbox: runtime(
    "ListPodSandbox",
    message({ filter: one(1, () => PodSandboxFilter) }),
    message({ items: many(1, () => PodSandbox) }),
  ),

  createContainer: runtime(
    "CreateContainer",
    message({ podSandboxId: string(1), config: one(2, () => ContainerConfig), sandboxConfig: one(3, () => PodSandboxConfig) }),
    containerId,
  ),
  startContainer: runtime("StartContainer", containerId, nothing),
  stopContainer: runtime("StopContainer", message({ containerId: string(1), timeout: integer(2) }), nothing),
  removeContainer: runtime("RemoveContainer", containerId, nothing),
  listContainers: runtime(
    "ListContainers",
    message({ filter: one(1, () => ContainerFilter) }),
    message({ containers: many(1, () => Container) }),
  ),
  containerStatus: runtime(
    "ContainerStatus",
    message({ containerId: string(1), verbose: bool(2) }),
    message({ status: one(1, () => ContainerStatus), info: map(2) }),
  ),
  updateContainerResources: runtime(
    "UpdateContainerResources",
    message({ containerId: string(1), linux: one(2, () => LinuxContainerResources), annotations: map(4) }),
    nothing,
  ),
  reopenContainerLog: runtime("ReopenContainerLog", containerId, nothing),

  execSync: runtime(
    "ExecSync",
    message({ containerId: string(1), cmd: strings(2), timeout: integer(3) }),
    message({ stdout: bytes(1), stderr: bytes(2), exitCode: integer(3) }),
  ),
  exec: runtime(
    "Exec",
    message({ containerId: string(1), cmd: strings(2), tty: bool(3), stdin: bool(4), stdout: bool(5), stderr: bool(6) }),
    url,
  ),
  attach: runtime(
    "Attach",
    message({ containerId: string(1), stdin: bool(2), tty: bool(3), stdout: bool(4), stderr: bool(5) }),
    url,
  ),
  portForward: runtime("PortForward", message({ podSandboxId: string(1), port: integers(2) }), url),

  containerStats: runtime("ContainerStats", containerId, message({ stats: one(1, () => ContainerStats) })),
  listContainerStats: runtime(
    "ListContainerStats",
    message({ filter: one(1, () => ContainerStatsFilter) }),
    message({ stats: many(1, () => ContainerStats) }),
  ),
  /** Answers with a stream. */
  getContainerEvents: runtime("GetContainerEvents", nothing, ContainerEventResponse),
} as const;

export const imageService = {
  listImages: image("ListImages", message({ filter: one(1, () => imageOnly) }), message({ images: many(1, () => Image) })),
  imageStatus: image(
    "ImageStatus",
    message({ image: one(1, () => ImageSpec), verbose: bool(2) }),
    message({ image: one(1, () => Image), info: map(2) }),
  ),
  pullImage: image(
    "PullImage",
    message({ image: one(1, () => ImageSpec), auth: one(2, () => AuthConfig), sandboxConfig: one(3, () => PodSandboxConfig) }),
    message({ imageRef: string(1) }),
  ),
  removeImage: image("RemoveImage", imageOnly, nothing),
  imageFsInfo: image(
    "ImageFsInfo",
    nothing,
    message({ imageFilesystems: many(1, () => FilesystemUsage), containerFilesystems: many(2, () => FilesystemUsage) }),
  ),
} as const;
