/** The calls about images. */
import { sleep } from "../../../base/clock.ts";
import type { ImageService } from "../images.ts";
import { RuntimeError } from "../runtime.ts";
import { fullName, imageOf, neverResolves, pullError } from "./images.ts";
import { call, hasImage, note, type World } from "./world.ts";

const presentNames = ({ images, pulled }: World): string[] => [...new Set([...images.present(), ...pulled])];

export const imageCalls = (world: World): ImageService => ({
  imageStatus(image) {
    const { images } = world;
    const byId = (name: string): boolean => imageOf(name, images.facts(name)).id === image;
    const name = image.startsWith("sha256:") ? presentNames(world).find(byId) : fullName(image);
    return call(world, 0, () =>
      name !== undefined && hasImage(world, name) ? imageOf(name, images.facts(name)) : byDigest(world, image),
    );
  },
  listImages: () => call(world, 0, () => presentNames(world).map((name) => imageOf(name, world.images.facts(name)))),
  async pullImage(image, _auth, _sandbox, { signal } = {}) {
    const name = fullName(image);
    note(world, "pullImage", name);
    const facts = world.images.facts(name);
    await sleep(world.clock, facts.pullMs, signal);
    if (signal?.aborted) throw new RuntimeError("Canceled", "context canceled");
    return call(world, 0, () => {
      if (facts.pullFailure !== undefined || neverResolves(name)) throw pullError(name, facts.pullFailure);
      world.pulled.add(name);
      return imageOf(name, facts).repoDigests[0] ?? name;
    });
  },
  removeImage: (image) => call(world, 0, () => void world.pulled.delete(fullName(image))),
  imageFsInfo: async () => ({ imageFilesystems: [], containerFilesystems: [] }),
});

/** `repository@sha256:…`, as a pull answers it. */
function byDigest(world: World, reference: string) {
  if (!reference.includes("@")) return undefined;
  return presentNames(world)
    .map((name) => imageOf(name, world.images.facts(name)))
    .find(({ repoDigests }) => repoDigests.includes(reference));
}
