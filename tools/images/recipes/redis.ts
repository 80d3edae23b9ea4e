import { IMAGES } from "../../../components/core/images";
import { debianRoot, extractedEntries, type Root } from "../debian";
import type { Recipe } from "./recipe";

const { uid, gid } = IMAGES.redis.user;

const ROOT: Root = {
  name: "redis",
  packages: ["redis-server", "redis-tools"],
  user: { name: "redis", uid, gid },
  extracted: { without: ["/usr/lib/systemd/*", "/etc/init.d/*", "/usr/lib/*/systemd/*"] },
};

const USER = { name: "redis", uid, gid, home: "/data" };

export const redis: Recipe = {
  name: "redis",
  version: "8",
  settings: {
    user: String(uid),
    workdir: "/data",
    env: { LANG: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin" },
    command: ["redis-server"],
  },
  programs: [],
  content: () => JSON.stringify([ROOT, USER]),
  root: (progress) => debianRoot(ROOT, progress),
  entries: async () => [
    ...extractedEntries(USER),
    // a volume that is mounted here takes its owner from the folder
    { path: "/data", owner: uid },
  ],
};
