/** Objects that come from a shared cache: nobody may change them. */
export type DeepReadonly<T> = T extends Uint8Array
  ? T
  : T extends (infer E)[]
    ? readonly DeepReadonly<E>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;
