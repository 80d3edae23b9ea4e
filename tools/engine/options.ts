import type { Alias as AliasPb } from "@pulumi/pulumi/proto/alias_pb";
import type { ReadResourceRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { Alias, Options } from "./recording";
import { decode } from "./values";

/** The options of a registration, without those that were not given. */
export function optionsOf(request: RegisterResourceRequest): Options {
  const timeouts = request.getCustomtimeouts()?.toObject();
  const hooks = request.getHooks()?.toObject();
  const trigger = request.getReplacementTrigger();
  const all: { [K in keyof Options]: Options[K] | undefined } = {
    protect: request.hasProtect() ? request.getProtect() : undefined,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: filled(request.getIgnorechangesList()),
    replaceOnChanges: filled(request.getReplaceonchangesList()),
    hideDiffs: filled(request.getHidediffsList()),
    additionalSecretOutputs: filled(request.getAdditionalsecretoutputsList()),
    aliases: filled(request.getAliasesList().map(aliasOf)),
    customTimeouts: filledObject(compact(timeouts ?? {}, (value) => value !== "")),
    provider: providerUrn(request.getProvider()) || undefined,
    providers: filledObject(
      Object.fromEntries(
        request
          .getProvidersMap()
          .toArray()
          .map(([name, ref]): [string, string] => [name, providerUrn(ref)]),
      ),
    ),
    deletedWith: request.getDeletedwith() || undefined,
    replaceWith: filled([...request.getReplaceWithList()].sort()),
    replacementTrigger: trigger && decode(trigger.toJavaScript()),
    import: request.getImportid() || undefined,
    hooks: hooks && filledObject(hookNames(hooks as unknown as Record<string, string[]>)),
  };
  return compact(all, (value) => value !== undefined) as Options;
}

/** The SDK sends where the resource was constructed; frames of its own `Output.apply` are there when that was in one. */
export function constructedInApply(request: RegisterResourceRequest | ReadResourceRequest): boolean {
  const frames = request.getStacktrace()?.getFramesList() ?? [];
  return frames.some((frame) => /@pulumi\/pulumi\/output\.js$/.test(frame.getPc()?.getUri() ?? ""));
}

function aliasOf(alias: AliasPb): Alias {
  const spec = alias.getSpec();
  if (!spec) return { urn: alias.getUrn() };
  return compact(
    {
      name: spec.getName(),
      type: spec.getType(),
      stack: spec.getStack(),
      project: spec.getProject(),
      parent: spec.getParenturn(),
      noParent: spec.getNoparent(),
    },
    (value) => value !== "" && value !== false,
  );
}

function hookNames(lists: Record<string, string[]>): Record<string, string[]> {
  const named = Object.entries(lists).map(([key, names]): [string, string[]] => [key.replace(/List$/, ""), names]);
  return Object.fromEntries(named.filter(([, names]) => names.length > 0));
}

/** A provider reference is `<urn>::<id>`, and the id is not known in a preview. */
function providerUrn(reference: string): string {
  return reference.split("::").slice(0, 4).join("::");
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function filledObject<T extends object>(object: T): T | undefined {
  return Object.keys(object).length > 0 ? object : undefined;
}

function compact<T extends object>(object: T, keep: (value: unknown) => boolean): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => keep(value))) as Partial<T>;
}
