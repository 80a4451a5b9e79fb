/**
 * Both ways: a schema describes neither less nor more than a type. (With a recursive mapped type in between, the compiler
 * gives up three levels down and takes anything for the same: compare each level by itself.)
 */
export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** A value as its JSON document has it: `undefined` is null there. */
export type InJson<T> = T extends undefined
  ? null
  : T extends readonly (infer Item)[]
    ? readonly InJson<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: InJson<T[Key]> }
      : T;
