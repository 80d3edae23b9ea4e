import * as enginePb from "@pulumi/pulumi/proto/engine_pb";
import * as resourcePb from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { constructedInApply, optionsOf } from "./options";
import { type Creation, created, previewed } from "./providers";
import type { RandomSource } from "./random";
import { EngineError, type LogMessage, type Recording, type Registration } from "./recording";
import { decode, encode, mapValues, type Properties } from "./values";

export interface MonitorSettings {
  readonly project: string;
  readonly stack: string;
  /** Computed outputs of custom resources are unknown. @default false */
  readonly preview?: boolean;
  /** In a preview, outputs that repeat an input are unknown too. @default false */
  readonly opaque?: boolean;
  /** Source of what `@pulumi/random` resources give. */
  readonly random: RandomSource;
  /** What a `StackReference` finds, by full name such as `organization/datastack/dev`. @default nothing was ever deployed */
  readonly previousOutputs?: Readonly<Record<string, Properties>>;
}

/** Type of the resource that stands for the stack itself, and is the parent of everything. */
export const STACK = "pulumi:pulumi:Stack";
const STACK_REFERENCE = "pulumi:pulumi:StackReference";

const SEVERITIES: Readonly<Partial<Record<number, LogMessage["severity"]>>> = {
  [enginePb.LogSeverity.INFO]: "info",
  [enginePb.LogSeverity.WARNING]: "warning",
  [enginePb.LogSeverity.ERROR]: "error",
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The engine's half of a Pulumi run: answers registrations as an engine and its providers would, and keeps what was sent.
 * Violations are collected rather than answered, because the SDK goes on undisturbed and all of them come together.
 */
export class Monitor {
  readonly #resources = new Map<string, Mutable<Registration>>();
  readonly #logs: LogMessage[] = [];
  readonly #violations: string[] = [];

  constructor(readonly settings: MonitorSettings) {}

  /** What was recorded so far. @throws EngineError with everything that was wrong */
  recording(): Recording {
    if (this.#violations.length > 0) throw new EngineError(this.#violations);
    const resources = [...this.#resources.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
    const { project, stack, preview = false } = this.settings;
    const outputs = resources.find((r) => r.type === STACK)?.outputs ?? {};
    return { project, stack, preview, resources, logs: this.#logs, outputs };
  }

  /** Errors that the program logged. */
  get errors(): readonly string[] {
    return this.#logs.filter((log) => log.severity === "error").map((log) => log.message);
  }

  get violations(): readonly string[] {
    return this.#violations;
  }

  register(request: resourcePb.RegisterResourceRequest): resourcePb.RegisterResourceResponse {
    const [type, name] = [request.getType(), request.getName()];
    const urn = this.#urn(type, name, request.getParent());
    const inputs = structOf(request.getObject());
    const options = optionsOf(request);
    const creation = { urn, type, name, inputs, additionalSecretOutputs: options.additionalSecretOutputs ?? [] };
    const result = request.getCustom() ? this.#create(creation) : { id: "", properties: {} };
    this.#add(request.getParent(), {
      urn,
      type,
      name,
      custom: request.getCustom(),
      inputs,
      dependencies: [...request.getDependenciesList()].sort(),
      propertyDependencies: propertyDependenciesOf(request),
      options,
      inApply: constructedInApply(request),
      result,
    });
    if (request.getRemote()) {
      const rule = "its children exist only inside a provider plugin";
      this.#violations.push(`${urn} is a remote component (${type}): ${rule}.`);
    }
    const response = new resourcePb.RegisterResourceResponse();
    response.setUrn(urn);
    response.setId(result.id);
    response.setObject(toStruct(result.properties));
    return response;
  }

  /** A lookup of something that exists already; the outputs of a stack are the only thing that does. */
  read(request: resourcePb.ReadResourceRequest): resourcePb.ReadResourceResponse {
    const [type, name, id] = [request.getType(), request.getName(), request.getId()];
    if (type !== STACK_REFERENCE) this.refuse(`${type} ${name} is looked up, but nothing exists while recording.`);
    const urn = this.#urn(type, name, request.getParent());
    const properties = { name: id, outputs: this.settings.previousOutputs?.[id] ?? {}, secretOutputNames: [] };
    this.#add(request.getParent(), {
      urn,
      type,
      name,
      custom: true,
      inputs: structOf(request.getProperties()),
      dependencies: [...request.getDependenciesList()].sort(),
      propertyDependencies: {},
      options: {},
      inApply: constructedInApply(request),
      read: id,
      result: { id, properties },
    });
    const response = new resourcePb.ReadResourceResponse();
    response.setUrn(urn);
    response.setProperties(toStruct(properties));
    return response;
  }

  registerOutputs(request: resourcePb.RegisterResourceOutputsRequest): void {
    const resource = this.#resources.get(request.getUrn());
    if (resource) resource.outputs = structOf(request.getOutputs());
    else this.#violations.push(`Outputs of what is not registered: ${request.getUrn()}.`);
  }

  log(request: enginePb.LogRequest): void {
    const severity = SEVERITIES[request.getSeverity()];
    const urn = request.getUrn();
    if (severity) this.#logs.push({ severity, message: request.getMessage(), ...(urn ? { urn } : {}) });
  }

  /** An error for the program, and for whoever asked for the recording. */
  refuse(violation: string): never {
    this.#violations.push(violation);
    throw new Error(violation);
  }

  #add(parent: string, registration: Registration): void {
    const { urn } = registration;
    if (this.#resources.has(urn)) this.#violations.push(`Duplicate URN: ${urn} is registered twice.`);
    if (parent && !this.#resources.has(parent)) {
      this.#violations.push(`${urn} has a parent that is not registered: ${parent}.`);
    }
    for (const on of registration.dependencies) {
      if (!this.#resources.has(on)) this.#violations.push(`${urn} depends on what is not registered: ${on}.`);
    }
    this.#resources.set(urn, parent ? { ...registration, parent } : registration);
  }

  #create(creation: Creation): Registration["result"] {
    if (this.settings.preview) return previewed(creation, this.settings.opaque ?? false);
    return created(creation, this.settings.random);
  }

  #urn(type: string, name: string, parent: string): string {
    const above = parent.split("::")[2];
    const qualified = above && above !== STACK ? `${above}$${type}` : type;
    return `urn:pulumi:${this.settings.stack}::${this.settings.project}::${qualified}::${name}`;
  }
}

function propertyDependenciesOf(request: resourcePb.RegisterResourceRequest): Record<string, readonly string[]> {
  const found: [string, readonly string[]][] = [];
  request.getPropertydependenciesMap().forEach((on, key) => {
    if (on.getUrnsList().length > 0) found.push([key, [...on.getUrnsList()].sort()]);
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function structOf(struct: Struct | undefined): Properties {
  return decode(struct?.toJavaScript() ?? {}) as Properties;
}

function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(mapValues(properties, encode) as Record<string, never>);
}
