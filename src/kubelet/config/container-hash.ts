/** Tells whether a container that runs is still the one that its Pod asks for: of what may change in a Pod, its image. */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { PodContainer } from "../pod/containers.ts";

export const HASH_ANNOTATION = "io.kubernetes.container.hash";

export function containerHash({ name, image }: PodContainer): string {
  let hash = 0x811c9dc5;
  for (const byte of encodeUtf8(JSON.stringify({ name, image }))) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
