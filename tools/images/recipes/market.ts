import * as fs from "node:fs";
import * as path from "node:path";
import { IMAGES } from "../../../components/core/images";
import { inRoot } from "../../core/paths";
import type { Progress } from "../../core/progress";
import type { Entry } from "../archive";
import { debianRoot, extractedEntries, type Root } from "../debian";
import { filesIn, packageEntries, pythonPackages, pythonVersion } from "../python";
import type { Recipe } from "./recipe";

const { uid, gid } = IMAGES.market.user;
const SOURCE = inRoot("apps/market");
const REQUIREMENTS = path.join(SOURCE, "requirements.txt");
/** What runs; tests and descriptions stay outside. */
const PARTS = ["gunicorn.conf.py", "manage.py", "market"];
const APP = "/app";

const ROOT: Root = {
  name: "python",
  packages: ["python3", "tzdata"],
  user: { name: "market", uid, gid },
  extracted: { without: ["/usr/lib/python3*/test/*", "/usr/lib/python3*/idlelib/*", "/usr/lib/python3*/ensurepip/*"] },
};

const USER = { name: "market", uid, gid, home: "/tmp" };

/** Run in the image: nobody who runs it can write compiled files, and static files are the same wherever they are collected. */
const FINISH = [
  "python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3* /usr/local/lib/python3* /app",
  "python3 manage.py collectstatic --noinput --verbosity 0",
].join(" && ");

/** apps/market on Debian's Python, as its Dockerfile makes it from Docker Hub's. */
export const market: Recipe = {
  name: "market",
  version: "1",
  settings: {
    user: `${uid}:${gid}`,
    workdir: APP,
    env: { LANG: "C.UTF-8", PATH: "/usr/local/bin:/usr/bin:/bin", PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    command: ["gunicorn", "market.wsgi"],
  },
  programs: [],
  content: () => JSON.stringify([ROOT, USER, fs.readFileSync(REQUIREMENTS, "utf8"), FINISH, sources()]),
  root: (progress) => debianRoot(ROOT, progress),
  entries: async (progress: Progress) => {
    const version = await pythonVersion(await debianRoot(ROOT, progress));
    const packages = await pythonPackages(REQUIREMENTS, version, progress);
    return [
      ...extractedEntries(USER),
      ...packageEntries(packages, `/usr/local/lib/python${version}/dist-packages`, "/usr/local/bin"),
      ...sources().map(([name]): Entry => ({ path: `${APP}/${name}`, from: { file: path.join(SOURCE, name) } })),
    ];
  },
  finish: FINISH,
  dockerfile: SOURCE,
};

/** Path and content of each file of the application. */
function sources(): [name: string, content: string][] {
  const names = PARTS.flatMap((part) => {
    const full = path.join(SOURCE, part);
    return fs.statSync(full).isDirectory() ? filesIn(full).map((name) => path.join(part, name)) : [part];
  });
  return names.map((name) => [name, fs.readFileSync(path.join(SOURCE, name), "utf8")]);
}
