import { IMAGES } from "../../../components/core/images";
import { debianRoot, extractedEntries, type Root } from "../debian";
import type { Recipe } from "./recipe";

const { uid, gid } = IMAGES.timescaledb.user;
const HOME = "/var/lib/postgresql";
const PROGRAMS = "/usr/lib/postgresql/18/bin";

/** PostgreSQL's packages bring a cluster manager in Perl and what systemd wants of them; its own programs need neither. */
const ROOT: Root = {
  name: "timescaledb",
  packages: ["postgresql-18", "postgresql-18-timescaledb"],
  user: { name: "postgres", uid, gid },
  extracted: {
    without: [
      // these are ours to make
      HOME,
      "/var/run/postgresql",
      "/usr/share/perl/*",
      "/usr/share/perl5/*",
      "/usr/lib/*/perl/*",
      "/usr/lib/*/perl-base/*",
      "/usr/lib/*/libperl.so*",
      "/usr/bin/perl*",
      "/usr/share/postgresql-common/*",
      "/usr/share/dbus-1/*",
      "/usr/share/polkit-1/*",
      "/usr/lib/systemd/*",
      "/usr/lib/*/systemd/*",
      "/usr/lib/*/security/*",
    ],
  },
};

const USER = { name: "postgres", uid, gid, home: HOME, shell: "/bin/bash" };

/** PostgreSQL 18 with TimescaleDB's Apache edition, the one that Debian may have. */
export const timescaledb: Recipe = {
  name: "timescaledb",
  version: "18",
  settings: {
    user: String(uid),
    workdir: HOME,
    env: { LANG: "C.UTF-8", PATH: `${PROGRAMS}:/usr/local/bin:/usr/bin:/bin` },
    command: ["postgres"],
  },
  programs: [],
  content: () => JSON.stringify([ROOT, USER]),
  root: (progress) => debianRoot(ROOT, progress),
  entries: async () => [
    ...extractedEntries(USER),
    // a volume that is mounted here takes its owner from the folder
    { path: HOME, owner: uid },
    { path: "/var/run/postgresql", owner: uid },
  ],
};
