/**
 * A type of Grafana's schema as plain data: its enums as the texts that they stand for, without what only its builders need. So
 * the schema is held to by the compiler, and nothing of it is loaded when a program starts.
 */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Element)[]
    ? Plain<Element>[]
    : T extends object
      ? { [K in keyof T as K extends `_${string}` ? never : K]: Plain<T[K]> }
      : T;
