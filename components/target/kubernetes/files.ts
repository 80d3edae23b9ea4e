import type { types } from "@pulumi/kubernetes";
import { sha256, stableJson } from "../../core/names";
import { type ExistingSecret, isExisting } from "../../core/secrets";
import type { File } from "../workload";

type Volume = types.input.core.v1.Volume;
type VolumeMount = types.input.core.v1.VolumeMount;

export interface Stored {
  readonly name: string;
  readonly files: readonly { readonly key: string; readonly file: File }[];
}

/** How the files of one pod are kept and mounted. */
export interface FileSet {
  readonly configMaps: readonly Stored[];
  readonly secret: Stored | undefined;
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  /** Of everything that is not secret. */
  readonly checksum: string | undefined;
}

/** The API server takes 1 MiB per object, its metadata included. */
export const MAX_FILE = 1_000_000;
const MODE = { plain: 0o444, executable: 0o555 } as const;

/** Packs files into as few ConfigMaps as they fit in, and all secret ones into one Secret. */
export function fileSet(owner: string, files: readonly File[]): FileSet {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const keys = fileKeys(sorted);
  const keyed = sorted.map((file) => ({ key: keys.get(file.path) ?? file.path, file }));
  const configMaps = pack(keyed.filter(({ file }) => !file.secret)).map((part, index) => ({
    name: index === 0 ? `${owner}-files` : `${owner}-files-${index + 1}`,
    files: part,
  }));
  const kept = keyed.flatMap(({ file }) => (isExisting(file.content) ? [{ path: file.path, from: file.content }] : []));
  const keptNames = [...new Set(kept.map(({ from }) => from.existing))].sort();
  const secrets = keyed.filter(({ file }) => file.secret && !isExisting(file.content));
  const secret = secrets.length > 0 ? { name: `${owner}-secrets`, files: secrets } : undefined;
  return {
    configMaps,
    secret,
    volumes: [
      ...configMaps.map((stored, index) => ({
        name: index === 0 ? "files" : `files-${index + 1}`,
        configMap: { name: stored.name, defaultMode: MODE.plain, ...modes(stored) },
      })),
      ...(secret ? [{ name: "secrets", secret: { secretName: secret.name, defaultMode: MODE.plain } }] : []),
      ...keptNames.map((name, index) => keptVolume(index, name, kept)),
    ],
    mounts: [
      ...configMaps.flatMap((stored, index) => mounts(index === 0 ? "files" : `files-${index + 1}`, stored)),
      ...(secret ? mounts("secrets", secret) : []),
      ...kept.map(({ path, from }) => ({
        name: keptVolumeName(keptNames.indexOf(from.existing)),
        mountPath: path,
        subPath: from.key,
        readOnly: true,
      })),
    ],
    checksum: checksum(sorted),
  };
}

/** Mounted one by one: a directory of the image stays as it is around them. */
function mounts(volume: string, stored: Stored): VolumeMount[] {
  return stored.files.map(({ key, file }) => ({ name: volume, mountPath: file.path, subPath: key, readOnly: true }));
}

function keptVolumeName(index: number): string {
  return `kept-${index}`;
}

/** Only the keys that are used: a pod waits for a Secret that lacks one, and says so. */
function keptVolume(index: number, name: string, kept: readonly { readonly from: ExistingSecret }[]): Volume {
  const keys = new Set(kept.flatMap(({ from }) => (from.existing === name ? [from.key] : [])));
  return {
    name: keptVolumeName(index),
    secret: {
      secretName: name,
      defaultMode: MODE.plain,
      items: [...keys].sort().map((key) => ({ key, path: key })),
    },
  };
}

/** A mode per file only where one differs. */
function modes({ files }: Stored) {
  const executable = (file: File): boolean => !file.secret && file.executable === true;
  if (!files.some(({ file }) => executable(file))) return {};
  return {
    items: files.map(({ key, file }) => ({
      key,
      path: key,
      mode: executable(file) ? MODE.executable : MODE.plain,
    })),
  };
}

/** Keys of a ConfigMap cannot contain a slash. */
function fileKeys(files: readonly File[]): Map<string, string> {
  const keys = new Map<string, string>();
  const taken = new Set<string>();
  for (const { path } of files) {
    const readable = path.replace(/^\/+/, "").replace(/[^-._A-Za-z0-9]/g, "_");
    const key = taken.has(readable) ? `${readable}.${sha256(path).slice(0, 8)}` : readable;
    taken.add(key);
    keys.set(path, key);
  }
  return keys;
}

function pack(files: Stored["files"]): Stored["files"][] {
  const parts: { size: number; files: Stored["files"][number][] }[] = [];
  for (const entry of files) {
    const size = Buffer.byteLength(plainContent(entry.file)) + entry.key.length;
    const last = parts.at(-1);
    if (last && last.size + size <= MAX_FILE) {
      last.files.push(entry);
      last.size += size;
    } else {
      parts.push({ size, files: [entry] });
    }
  }
  return parts.map((part) => part.files);
}

function checksum(files: readonly File[]): string | undefined {
  const contents = files.flatMap((file) => (file.secret ? [] : [[file.path, file.content, file.executable ?? false]]));
  return contents.length > 0 ? sha256(stableJson(contents)) : undefined;
}

export function plainContent(file: File): string {
  return file.secret ? "" : file.content;
}
