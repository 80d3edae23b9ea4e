import * as fs from "node:fs";
import type { Entry } from "./archive";

/** Whom an image runs as: with a name, for programs that ask for one. */
export interface ImageUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** @default "/" */
  readonly home?: string;
  /** @default "/bin/false" */
  readonly shell?: string;
}

/** What a root file system has to have where no package's scripts have run. */
export function systemEntries({ name, uid, gid, home = "/", shell = "/bin/false" }: ImageUser): Entry[] {
  const authorities = "/etc/ssl/certs/ca-certificates.crt";
  return [
    {
      path: "/etc/passwd",
      from: { text: `root:x:0:0:root:/:/bin/sh\n${name}:x:${uid}:${gid}:${name}:${home}:${shell}\n` },
    },
    { path: "/etc/group", from: { text: `root:x:0:\n${name}:x:${gid}:\n` } },
    // names in /etc/hosts go before DNS, as everywhere
    { path: "/etc/nsswitch.conf", from: { text: "hosts: files dns\n" } },
    ...(fs.existsSync(authorities) ? [{ path: authorities, from: { file: authorities } }] : []),
  ];
}
