/** Prefers nodes that already have the Pod's images, weighed by how many nodes have them, so that not all Pods gather on one. */
import { MAX_SCORE, type Plugin, SKIP } from "../framework.ts";

const MEGABYTE = 1024 * 1024;
const LEAST_BYTES = 23 * MEGABYTE;
const MOST_BYTES_PER_CONTAINER = 1000 * MEGABYTE;

/** Names in a node's status carry a tag. */
const withTag = (image: string): string => (image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image);

export const imageLocality: Plugin = {
  name: "ImageLocality",
  weight: 1,
  wokenBy: [],
  normalize: "none",

  prepare({ pod }, snapshot) {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const images = containers.map(({ image = "" }) => withTag(image));
    const known = images
      .map((image) => ({ image, spread: snapshot.nodesWithImage(image) / snapshot.size }))
      .filter(({ spread }) => spread > 0);
    if (known.length === 0) return SKIP;
    const most = MOST_BYTES_PER_CONTAINER * containers.length;
    return {
      score(node) {
        let bytes = 0;
        for (const { image, spread } of known) bytes += Math.floor((snapshot.nodes[node]!.images.get(image) ?? 0) * spread);
        const within = Math.min(Math.max(bytes, LEAST_BYTES), most);
        return Math.floor((MAX_SCORE * (within - LEAST_BYTES)) / (most - LEAST_BYTES));
      },
    };
  },
};
