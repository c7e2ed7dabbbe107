/**
 * Which objects a node needs, because one of its Pods names them.
 *
 * Events only note which Pod is on which node; a Pod is read when its node asks for something in its namespace, and what it names is
 * then kept until the Pod changes. So Pods cost nothing here while they are created, bound and updated.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import type { PersistentVolume } from "../../api/core/persistent-volume.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import type { ResourceSlice } from "../../api/resource/resource-slice.ts";
import type { VolumeAttachment } from "../../api/storage/volume-attachment.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { FeedItem } from "../cache/feed.ts";
import { podReferences, type Reference, type ReferenceKind } from "./pod-references.ts";

export interface NodeIndex {
  setPod(item: FeedItem): void;
  removePod(item: FeedItem): void;
  setVolume(volume: DeepReadonly<PersistentVolume>): void;
  removeVolume(volume: DeepReadonly<PersistentVolume>): void;
  setAttachment(attachment: DeepReadonly<VolumeAttachment>): void;
  removeAttachment(attachment: DeepReadonly<VolumeAttachment>): void;
  setSlice(slice: DeepReadonly<ResourceSlice>): void;
  removeSlice(slice: DeepReadonly<ResourceSlice>): void;
  hasPod(node: string, namespace: string, name: string): boolean;
  /** Whether a Pod of the node, or a volume of one, names the object. */
  references(node: string, kind: ReferenceKind, namespace: string, name: string): boolean;
  hasVolume(node: string, name: string): boolean;
  hasAttachment(node: string, name: string): boolean;
  hasSlice(node: string, name: string): boolean;
}

interface Volume {
  /** `namespace/name` */
  claim: string;
  secrets: readonly string[];
}

const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

/** The Secrets that a node reads to mount the volume, as `namespace/name`. */
function volumeSecrets({ spec }: DeepReadonly<PersistentVolume>): string[] {
  const claimNamespace = spec?.claimRef?.namespace ?? "";
  const refs = [
    spec?.azureFile && { namespace: spec.azureFile.secretNamespace ?? undefined, name: spec.azureFile.secretName },
    spec?.cephfs?.secretRef,
    spec?.flexVolume?.secretRef,
    spec?.iscsi?.secretRef,
    spec?.rbd?.secretRef,
    spec?.scaleIO?.secretRef,
    spec?.storageos?.secretRef,
    spec?.csi?.nodePublishSecretRef,
    spec?.csi?.nodeStageSecretRef,
    spec?.csi?.nodeExpandSecretRef,
  ];
  return refs.flatMap((ref) => (ref?.name ? [`${ref.namespace || claimNamespace}/${ref.name}`] : []));
}

/** Bound volumes by name, and by the Secrets that they name. */
function volumeIndex() {
  const volumes = new Map<string, Volume>();
  const bySecret = new Map<string, Set<string>>();
  function remove(name: string): void {
    for (const secret of volumes.get(name)?.secrets ?? []) {
      const using = bySecret.get(secret);
      using?.delete(name);
      if (using?.size === 0) bySecret.delete(secret);
    }
    volumes.delete(name);
  }
  return {
    remove,
    set(volume: DeepReadonly<PersistentVolume>): void {
      const { name } = volume.metadata;
      remove(name);
      const { claimRef } = volume.spec ?? {};
      if (!claimRef?.name) return;
      const secrets = volumeSecrets(volume);
      volumes.set(name, { claim: `${claimRef.namespace}/${claimRef.name}`, secrets });
      for (const secret of secrets) bySecret.set(secret, (bySecret.get(secret) ?? new Set()).add(name));
    },
    claimOf: (name: string): string | undefined => volumes.get(name)?.claim,
    withSecret: (secret: string): Iterable<string> => bySecret.get(secret) ?? [],
  };
}

export function nodeIndex(): NodeIndex {
  const nodeOfPod = new Map<string, string>();
  const podsOfNode = new Map<string, Map<string, FeedItem>>();
  const references = new Map<string, ReadonlySet<Reference>>();
  const volumes = volumeIndex();
  const attachments = new Map<string, string>();
  const slices = new Map<string, string>();

  function removePod(key: string): void {
    references.delete(key);
    const node = nodeOfPod.get(key);
    if (node === undefined) return;
    nodeOfPod.delete(key);
    const pods = podsOfNode.get(node);
    pods?.delete(key);
    if (pods?.size === 0) podsOfNode.delete(node);
  }

  function setPod(item: FeedItem): void {
    const key = keyOf(item);
    const node = item.fields["spec.nodeName"] ?? "";
    removePod(key);
    if (node === "") return;
    nodeOfPod.set(key, node);
    const pods = podsOfNode.get(node) ?? new Map<string, FeedItem>();
    podsOfNode.set(node, pods.set(key, item));
  }

  function referencesOf(key: string, item: FeedItem): ReadonlySet<Reference> {
    let found = references.get(key);
    if (found === undefined) {
      found = podReferences(item.object() as DeepReadonly<Pod>);
      references.set(key, found);
    }
    return found;
  }

  function named(node: string, kind: ReferenceKind, namespace: string, name: string): boolean {
    for (const [key, item] of podsOfNode.get(node) ?? [])
      if (item.namespace === namespace && referencesOf(key, item).has(`${kind}/${name}`)) return true;
    return false;
  }

  function hasVolume(node: string, name: string): boolean {
    const claim = volumes.claimOf(name)?.split("/");
    return claim !== undefined && named(node, "persistentvolumeclaim", claim[0] ?? "", claim[1] ?? "");
  }

  return {
    setPod,
    removePod: (item) => removePod(keyOf(item)),
    setVolume: volumes.set,
    removeVolume: ({ metadata }) => volumes.remove(metadata.name),
    setAttachment: ({ metadata, spec }) => void attachments.set(metadata.name, spec.nodeName),
    removeAttachment: ({ metadata }) => void attachments.delete(metadata.name),
    setSlice: ({ metadata, spec }) => void slices.set(metadata.name, spec.nodeName ?? ""),
    removeSlice: ({ metadata }) => void slices.delete(metadata.name),
    hasPod: (node, namespace, name) => nodeOfPod.get(`${namespace}/${name}`) === node,
    references(node, kind, namespace, name) {
      if (named(node, kind, namespace, name)) return true;
      if (kind !== "secret") return false;
      for (const volume of volumes.withSecret(`${namespace}/${name}`)) if (hasVolume(node, volume)) return true;
      return false;
    },
    hasVolume,
    hasAttachment: (node, name) => attachments.get(name) === node,
    hasSlice: (node, name) => slices.get(name) === node,
  };
}
