import { idOf, type KubeObject, type Objects, type Pod } from "./objects";

/** Something that a linter would say of one object. */
export interface Finding {
  readonly object: string;
  readonly message: string;
}

/** One rule of ours, and the checks of the linters that it encodes, each as strictly as the strictest of them. */
export interface Rule {
  /** As `<linter>/<check>`. */
  readonly checks: readonly string[];
  readonly find: (objects: Objects) => Finding[];
  /** A mistake that it has to see. */
  readonly mistake: (objects: Objects) => void;
}

/** Says something of each object for which `wrong` says something. */
export function each<T>(
  things: readonly T[],
  object: (thing: T) => KubeObject,
  wrong: (thing: T) => string | false | undefined,
): Finding[] {
  return things.flatMap((thing) => {
    const message = wrong(thing);
    return message ? [{ object: idOf(object(thing)), message }] : [];
  });
}

export function pods(things: readonly Pod[], wrong: (pod: Pod) => string | false | undefined): Finding[] {
  return each(things, ({ owner }) => owner, wrong);
}

/** `wrong` is asked for every container. */
export function containers(
  things: readonly Pod[],
  // biome-ignore lint/suspicious/noExplicitAny: read field by field
  wrong: (container: any, pod: Pod) => string | false | undefined,
): Finding[] {
  return things.flatMap((pod) =>
    each(
      pod.containers,
      () => pod.owner,
      (container) => {
        const message = wrong(container, pod);
        return message && `${container.name}: ${message}`;
      },
    ),
  );
}

export function objects(
  things: readonly KubeObject[],
  wrong: (object: KubeObject) => string | false | undefined,
): Finding[] {
  return each(things, (object) => object, wrong);
}
