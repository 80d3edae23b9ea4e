import { IMAGES } from "../../../components/core/images";
import { inRoot } from "../../core/paths";
import { buildCargo, type CargoProgram, sources } from "../../toolchain/cargo";
import type { Entry } from "../archive";
import { busyboxEntries } from "../busybox";
import type { Recipe } from "./recipe";

const { uid, gid } = IMAGES.files.user;
const SOURCE = inRoot("apps/files");
export const PROGRAM: CargoProgram = { name: "files", dir: SOURCE };

/** apps/files on busybox, as its Dockerfile makes it. */
export const files: Recipe = {
  name: "files",
  version: "1",
  settings: { user: `${uid}:${gid}`, workdir: "/", env: { PATH: "/bin" }, command: ["/bin/files"] },
  programs: [],
  content: () => JSON.stringify(["busybox", sources(PROGRAM)]),
  entries: async (progress) => {
    const base = await busyboxEntries({ name: "files", uid, gid, home: "/tmp" });
    const program: Entry = { path: "/bin/files", from: { file: await buildCargo(PROGRAM, progress) }, mode: 0o755 };
    // a volume that is mounted at /data takes its owner from the folder
    return [...base, program, { path: "/data", owner: uid }];
  },
  dockerfile: SOURCE,
};
