/** Pods for which room was made on a node: until they are bound, filters count them there for Pods of no higher priority. */
import type { PodInfo } from "./pod-info.ts";

const NOBODY: readonly PodInfo[] = [];

export class Nominations {
  readonly #nodes = new Map<string, Map<string, PodInfo>>();
  readonly #places = new Map<string, string>();

  get size(): number {
    return this.#places.size;
  }

  set(info: PodInfo, node: string): void {
    this.remove(info.uid);
    this.#places.set(info.uid, node);
    this.#nodes.set(node, (this.#nodes.get(node) ?? new Map<string, PodInfo>()).set(info.uid, info));
  }

  remove(uid: string): void {
    const node = this.#places.get(uid);
    if (node === undefined) return;
    this.#places.delete(uid);
    const nominated = this.#nodes.get(node);
    nominated?.delete(uid);
    if (nominated?.size === 0) this.#nodes.delete(node);
  }

  nodeOf(uid: string): string | undefined {
    return this.#places.get(uid);
  }

  on(node: string): Iterable<PodInfo> {
    return this.#nodes.get(node)?.values() ?? NOBODY;
  }

  /** Those that come before `info`, or with it. */
  before(info: PodInfo, node: string): readonly PodInfo[] {
    if (this.size === 0) return NOBODY;
    const nominated = this.#nodes.get(node);
    if (nominated === undefined) return NOBODY;
    return [...nominated.values()].filter(({ uid, priority }) => uid !== info.uid && priority >= info.priority);
  }
}
