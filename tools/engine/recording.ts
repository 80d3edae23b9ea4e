import type { Properties, Value } from "./values";

/** Resource options as the SDK sent them; those that were not given are absent. */
export interface Options {
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly hideDiffs?: readonly string[];
  readonly additionalSecretOutputs?: readonly string[];
  readonly aliases?: readonly Alias[];
  readonly customTimeouts?: Readonly<Partial<Record<"create" | "update" | "delete" | "read", string>>>;
  /** URN of the explicit provider. */
  readonly provider?: string;
  /** URNs of the providers that children inherit, by package. */
  readonly providers?: Readonly<Record<string, string>>;
  readonly deletedWith?: string;
  readonly replaceWith?: readonly string[];
  readonly replacementTrigger?: Value;
  /** Id of the existing resource to import. */
  readonly import?: string;
  /** Names of the hooks by kind, such as `afterCreate`. */
  readonly hooks?: Readonly<Record<string, readonly string[]>>;
}

export interface Alias {
  readonly urn?: string;
  readonly name?: string;
  readonly type?: string;
  readonly stack?: string;
  readonly project?: string;
  readonly parent?: string;
  readonly noParent?: boolean;
}

/** One resource as the program registered it. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent; only the stack itself has none. */
  readonly parent?: string;
  /** A real resource with a provider, as opposed to a component. */
  readonly custom: boolean;
  readonly inputs: Properties;
  /** URNs of everything it has to wait for: `dependsOn`, and resources whose outputs are in the inputs. Sorted. */
  readonly dependencies: readonly string[];
  /** For each input that depends on resources, their URNs. Sorted. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly options: Options;
  /** Constructed while an `apply` was running, so that a preview may not know of it. */
  readonly inApply: boolean;
  /** Id under which it was looked up, when it was not created (a `StackReference`). */
  readonly read?: string;
  /** What the engine answered: the outputs that other resources saw. */
  readonly result: { readonly id: string; readonly properties: Properties };
  /** What a component registered as its outputs, once it has. */
  readonly outputs?: Properties;
}

export interface LogMessage {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string;
}

/** Everything that one run of a program sent to the engine. */
export interface Recording {
  readonly project: string;
  readonly stack: string;
  readonly preview: boolean;
  /** Sorted by URN, so that equal programs give equal recordings whatever the timing. Includes the stack and providers. */
  readonly resources: readonly Registration[];
  /** In the order in which they came, without debug messages. */
  readonly logs: readonly LogMessage[];
  /** Outputs of the stack. */
  readonly outputs: Properties;
}

/** What the program did wrong as seen by the engine: all of one run together. */
export class EngineError extends Error {
  override name = "EngineError";

  constructor(readonly violations: readonly string[]) {
    super(violations.join("\n"));
  }
}
