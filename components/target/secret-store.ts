import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { ProblemsError } from "../core/problems";
import { type GeneratedSecret, resolveSecret, type SecretContent } from "../core/secrets";
import type { Placement } from "./target";
import { transformed } from "./transform";

const TYPE = "random:index/randomPassword:RandomPassword";

/** Raise the number of a secret, by its name, to have another one generated. */
export type Rotations = Readonly<Record<string, number>>;

/**
 * The generated secrets of one stack. They need no protection of their own: servers take them over from the file at every
 * start, which is also how they are rotated.
 */
export class SecretStore {
  readonly #known = new Map<string, random.RandomPassword>();

  constructor(readonly rotations: Rotations = {}) {}

  generate(secret: GeneratedSecret, placement: Placement): random.RandomPassword {
    const name = secret.generated;
    const rotation = this.rotations[name];
    const { args, opts } = transformed<random.RandomPasswordArgs>(
      placement.transform,
      TYPE,
      name,
      {
        length: secret.length ?? 32,
        special: false,
        ...(rotation === undefined ? {} : { keepers: { rotation: String(rotation) } }),
      },
      { parent: placement.parent },
    );
    const password = new random.RandomPassword(name, args, opts);
    this.#known.set(name, password);
    return password;
  }

  /** All that were generated, by name, as one secret. */
  get passwords(): pulumi.Output<Readonly<Record<string, string>>> {
    const results = [...this.#known].map(([name, password]) => [name, password.result] as const);
    return pulumi.secret(pulumi.all(Object.fromEntries(results)));
  }

  /** The text of a secret file. */
  resolve(content: SecretContent): pulumi.Output<string> {
    return resolveSecret(content, (secret) => this.#value(secret.generated));
  }

  #value(name: string): pulumi.Output<string> {
    const password = this.#known.get(name);
    if (password) return password.result;
    const names = [...this.#known.keys()].sort().join(", ") || "none";
    throw new ProblemsError([
      {
        path: "files",
        value: name,
        rule: "names a generated secret that is not there yet",
        fix: `Construct the component that it belongs to before; so far there are: ${names}`,
      },
    ]);
  }
}
