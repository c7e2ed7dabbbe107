/** The image half of a CRI socket. */
import type { ImageService } from "../images.ts";
import { isRuntimeError } from "../runtime.ts";
import type { Connection } from "./connection.ts";
import * as from from "./from-cri.ts";
import { imageService as rpc } from "./services.ts";
import { podSandboxConfig } from "./to-cri.ts";

const REQUEST_TIMEOUT_MS = 120_000;

export function criImages(connection: Connection): ImageService {
  return {
    async imageStatus(image, options) {
      const answer = await connection.unary(rpc.imageStatus, { image: { image } }, options, REQUEST_TIMEOUT_MS);
      return answer.image && from.image(answer.image);
    },
    async listImages(options) {
      const { images } = await connection.unary(rpc.listImages, {}, options, REQUEST_TIMEOUT_MS);
      return images.map(from.image);
    },
    async pullImage(image, auth, sandbox, options) {
      const request = { image: { image }, auth, sandboxConfig: podSandboxConfig(sandbox) };
      // As long as it takes: the runtime itself gives up where nothing arrives any more.
      return (await connection.unary(rpc.pullImage, request, options)).imageRef;
    },
    async removeImage(image, options) {
      try {
        await connection.unary(rpc.removeImage, { image: { image } }, options, REQUEST_TIMEOUT_MS);
      } catch (error) {
        if (!isRuntimeError(error, "NotFound")) throw error;
      }
    },
    async imageFsInfo(options) {
      const answer = await connection.unary(rpc.imageFsInfo, {}, options, REQUEST_TIMEOUT_MS);
      return {
        imageFilesystems: answer.imageFilesystems.map(from.filesystemUsage),
        containerFilesystems: answer.containerFilesystems.map(from.filesystemUsage),
      };
    },
  };
}
