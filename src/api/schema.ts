/** Placeholder of the contract: shapes of types as the decode pass, patch, apply, protobuf and OpenAPI read them. */
export interface ObjectSchema {
  readonly name: string;
}
