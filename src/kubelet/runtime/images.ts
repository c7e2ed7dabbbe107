/** The image half of the CRI. Errors and options are those of runtime.ts. https://kubernetes.io/docs/concepts/containers/images/ */
import type { PodSandboxConfig } from "./config.ts";
import type { CallOptions } from "./runtime.ts";

/** What a registry is shown; empty fields are left out. */
export interface AuthConfig {
  username?: string;
  password?: string;
  auth?: string;
  serverAddress?: string;
  identityToken?: string;
  registryToken?: string;
}

export interface Image {
  /** Digest of the configuration: `sha256:…`. */
  id: string;
  repoTags: readonly string[];
  repoDigests: readonly string[];
  sizeBytes: number;
  /** The user it runs as: a number, or a name; neither where the image does not say. */
  uid?: number;
  username?: string;
  pinned: boolean;
}

export interface FilesystemUsage {
  timestampMs: number;
  mountpoint: string;
  usedBytes: number;
  inodesUsed: number;
}

export interface ImageFsInfo {
  imageFilesystems: readonly FilesystemUsage[];
  containerFilesystems: readonly FilesystemUsage[];
}

export interface ImageService {
  /** Undefined where it is not there. `image` is a reference or an id, as the Pod says it: short names are the runtime's to complete. */
  imageStatus(image: string, options?: CallOptions): Promise<Image | undefined>;
  listImages(options?: CallOptions): Promise<Image[]>;
  /** Answers the reference to run it by. Rejects with the runtime's words (NotFound, Unknown, …). */
  pullImage(image: string, auth: AuthConfig | undefined, sandbox: PodSandboxConfig, options?: CallOptions): Promise<string>;
  /** Idempotent. */
  removeImage(image: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<ImageFsInfo>;
}
