import { createHash } from "node:crypto";

/** A file of an image. */
export interface ImageFile {
  /** Absolute path inside the image. */
  readonly path: string;
  readonly content: Uint8Array;
  /** @default 0o755 */
  readonly mode?: number;
}

export interface ImageSpec {
  /** Such as `datastack.local/pause:1`. */
  readonly reference: string;
  readonly files: readonly ImageFile[];
  readonly entrypoint: readonly string[];
  /** Numeric user and group, `65532:65532`. */
  readonly user: string;
  readonly architecture: "amd64" | "arm64";
}

/**
 * An image of one layer as the archive that `docker load` and `ctr images import` read, made without an engine.
 * The same input gives the same bytes.
 */
export function imageArchive(spec: ImageSpec): Buffer {
  const layer = tar(spec.files.map((file) => ({ ...file, path: file.path.replace(/^\/+/, "") })));
  const config = Buffer.from(
    JSON.stringify({
      architecture: spec.architecture,
      os: "linux",
      config: { Entrypoint: spec.entrypoint, User: spec.user, WorkingDir: "/" },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  );
  const layerName = `${sha256(layer)}.tar`;
  const configName = `${sha256(config)}.json`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: configName, RepoTags: [spec.reference], Layers: [layerName] }]),
  );
  return tar([
    { path: layerName, content: layer, mode: 0o644 },
    { path: configName, content: config, mode: 0o644 },
    { path: "manifest.json", content: manifest, mode: 0o644 },
  ]);
}

/** A ustar archive of regular files, owned by root, dated 1970. */
export function tar(files: readonly ImageFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const file of files) {
    const padding = (512 - (file.content.length % 512)) % 512;
    parts.push(header(file), Buffer.from(file.content), Buffer.alloc(padding));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function header(file: ImageFile): Buffer {
  if (Buffer.byteLength(file.path) > 99) throw new Error(`path in an archive: "${file.path}" is longer than 99 bytes`);
  const block = Buffer.alloc(512);
  const octal = (value: number, offset: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
  };
  block.write(file.path, 0, "utf8");
  octal(file.mode ?? 0o755, 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(file.content.length, 124, 12);
  octal(0, 136, 12); // time
  block.write("        ", 148, "latin1"); // the checksum counts itself as spaces
  block.write("0", 156, "latin1"); // a regular file
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
