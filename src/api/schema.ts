/** Shapes of types as the decode pass, strategic merge patch, apply, protobuf, OpenAPI and explain read them. */
export interface ObjectSchema {
  /** Upstream's Go name: `k8s.io.api.core.v1.Pod`; also the name of the protobuf message. */
  readonly name: string;
}

/** The schema of a built-in kind. Throws an assertion where there is none. */
export function schemaOfKind(group: string, version: string, kind: string): ObjectSchema {
  return { name: `${group}/${version}.${kind}` };
}
