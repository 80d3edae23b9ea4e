import { CONFIG_FILES } from "./config";
import { OWN_JOBS_FILE } from "./reconcile";
import { MONITORING } from "./schema/schema";
import { ADMIN, FILES, PORT, RUN, SECRETS, type Spec, VOLUME } from "./spec";

/**
 * Major version of the programs in the image, and where its data lie. Other directories of that kind are of other versions: beside
 * them, nothing is begun.
 */
function dataDirectory({ name }: Spec): string {
  return `major=$(postgres --version | sed 's/^[^0-9]*\\([0-9]*\\).*/\\1/')
data=${VOLUME}/data-$major
refuse_other_versions() {
  others=$(
    for directory in ${VOLUME}/data-*; do
      [ -s "$directory/PG_VERSION" ] && [ "$directory" != "$data" ] && echo "$directory"
    done
    true
  )
  [ -n "$others" ] || return 0
  cat >&2 <<OTHER
The volume of ${name} holds data of another PostgreSQL: $others. The image has version $major, which cannot read them.
Nothing was changed. To move to the new version:

  1. Use the image of the old version again, and make a dump (docs/timescaledb.md, "Backups").
  2. Move the old data aside on the volume: mv $others ${VOLUME}/old
  3. Use the new image with recover: true in the arguments of TimescaleDB, for one run, and restore the dump.
More in docs/timescaledb.md, "A new major version".
OTHER
  exit 1
}`;
}

/** Initialises a new volume, once. What it finds on a volume it leaves as it is, or refuses. */
export function initScript(s: Spec): string {
  return `#!/bin/sh
# Initialises the volume of ${s.name} for the PostgreSQL of this image.
set -eu
${dataDirectory(s)}

if [ -s "$data/PG_VERSION" ]; then
  echo "The volume of ${s.name} is initialised: PostgreSQL $(cat "$data/PG_VERSION")."
  exit 0
fi
refuse_other_versions
if [ -d "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data on the volume of ${s.name} holds files but no PG_VERSION. Nothing was changed: restore the file, or move them aside." >&2
  exit 1
fi

# Under another name until it is whole, so that an interrupted one is begun again.
new=${VOLUME}/.new-$major
rm -rf "$new"
# Sorted by code points: the same order on every C library, so that an index never depends on the image.
initdb --pgdata="$new" --username=postgres --encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --data-checksums \\
  --auth-local=peer --auth-host=reject
[ ! -d "$data" ] || rmdir "$data"
mv "$new" "$data"
sync
echo "The volume of ${s.name} is initialised: PostgreSQL $major."
`;
}

/** What the ready stacks call their database. */
const READY_STACKS_NAME = "timescaledb";

/** What to do without a usable volume. */
function recovery({ name, stack }: Spec): string {
  const commands =
    name === READY_STACKS_NAME
      ? `    pulumi config set datastack:timescaledbRecover true
    pulumi up                      (or: npm start -- ${stack}; or: npm run render, and apply)
    pulumi config rm datastack:timescaledbRecover
    npm run restore -- ${stack} --from latest --yes

In a program of your own: recover: true in the arguments of TimescaleDB, for one run.`
      : `    recover: true in the arguments of TimescaleDB, for one run of pulumi up
    npm run restore -- ${stack} --component ${name} --from latest --yes
`;
  return `It was the only copy. If the volume turns up again, put it back. To begin with an empty database, and to restore the last dump
into it:

${commands}
More in docs/timescaledb.md, "A lost volume".`;
}

/**
 * Starts the server and never initialises a volume. Until roles, passwords and the extension are as declared, only this script is
 * let in, and by the socket; then everybody who has a password. Its TERM is the server's INT: a fast shutdown, which ends
 * transactions instead of waiting for clients to leave.
 */
export function startScript(s: Spec): string {
  return `#!/bin/sh
# Starts the server of ${s.name}. It never initialises: an empty volume is one that was lost.
set -eu
${dataDirectory(s)}
ready=${RUN}/ready

if [ ! -s "$data/PG_VERSION" ]; then
  refuse_other_versions
  cat >&2 <<RECOVERY
${s.name} does not start: its volume ${VOLUME} is not initialised.
It was initialised when it was created, so it has been lost, emptied or replaced since.

${recovery(s)}
RECOVERY
  exit 1
fi
for role in ${[ADMIN, ...s.roles.map(({ name }) => name)].join(" ")}; do
  if [ ! -s "${SECRETS}/$role" ]; then
    echo "${s.name} does not start: the file with the password of $role is empty." >&2
    exit 1
  fi
done

# The server insists on that, and a change of a volume's group on Kubernetes undoes it.
chmod 0700 "$data"
# Memory that outlives a container on Kubernetes. A socket is in nobody's use before there is a server.
rm -f "$ready" ${RUN}/.s.PGSQL.*
# What a killed server left behind is in the way when its number belongs to another process now.
if [ -e "$data/postmaster.pid" ]; then
  read -r old <"$data/postmaster.pid" || old=
  if [ "$(cat "/proc/$old/comm" 2>/dev/null || echo none)" != postgres ]; then rm -f "$data/postmaster.pid"; fi
fi

cp -f ${CONFIG_FILES.closed} ${RUN}/pg_hba.conf
postgres -D "$data" -c config_file=${CONFIG_FILES.settings} &
server=$!
stop() { kill -INT "$server" 2>/dev/null || true; }
trap stop TERM INT
# Its exit status, also when a signal interrupts the waiting.
ended() {
  while :; do
    status=0
    wait "$server" || status=$?
    kill -0 "$server" 2>/dev/null || return "$status"
  done
}
sql() { psql -X -q -w -h ${RUN} -p ${PORT} -U postgres -v ON_ERROR_STOP=1 "$@"; }
# The reason comes last, where it is looked for.
refuse() {
  stop
  ended || true
  echo "$1" >&2
  exit 1
}

# As pg_ctl waits, without a connection that would be refused and logged. Replaying the log may take its time.
until [ "$(sed -n 's/ *$//; 8p' "$data/postmaster.pid" 2>/dev/null)" = ready ]; do
  kill -0 "$server" 2>/dev/null || {
    ended && exit 1
    exit "$status"
  }
  sleep 0.2
done

sql -d postgres -f ${FILES}/server.sql ||
  refuse "${s.name} does not start: roles and database could not be made as declared; psql says why, above."

# Without loading it: the image may lack the version that the database has.
state=$(PGOPTIONS='-c timescaledb.disable_load=on' sql -d ${s.database} -At -F ' ' -f ${FILES}/extension.sql) ||
  refuse "${s.name} does not start: its database cannot be asked for the version of TimescaleDB."
todo=\${state%% *} versions=\${state#* }
installed=\${versions%% *} available=\${versions#* }
case $todo in
  keep) ;;
  # In one transaction, so that nothing of the extension runs before its own jobs are as they should be.
  create) sql -d ${s.database} -1 -c 'SET client_min_messages = error' -c 'CREATE EXTENSION timescaledb' -f ${OWN_JOBS_FILE} ||
    refuse "${s.name} does not start: TimescaleDB could not be set up in its database." ;;
  update)
    echo "TimescaleDB: $installed -> $available"
    # The first statement of a session, which loads the new version.
    sql -d ${s.database} -c 'ALTER EXTENSION timescaledb UPDATE' ||
      refuse "${s.name} does not start: the extension stays at $installed. Use an image that has it, and update in smaller steps." ;;
  *)
    refuse "${s.name} does not start: its database has TimescaleDB $installed, and the image brings \${available:-none}.
An extension cannot go back. Nothing was changed: use an image with TimescaleDB $installed or newer." ;;
esac
sql -d ${s.database} -f ${OWN_JOBS_FILE} || refuse "${s.name} does not start: the jobs of TimescaleDB could not be set up."

cp -f ${CONFIG_FILES.open} ${RUN}/pg_hba.conf
loaded=$(sql -d postgres -At -c 'SELECT pg_conf_load_time()') || refuse "${s.name} does not answer."
sql -d postgres -c 'SELECT pg_reload_conf()' >/dev/null || refuse "${s.name} does not answer."
# A new session shows what the server that lets it in has loaded.
while [ "$(sql -d postgres -At -c 'SELECT pg_conf_load_time()')" = "$loaded" ]; do sleep 0.1; done
: >"$ready"
echo "${s.name} is ready: PostgreSQL $major, TimescaleDB $available."
ended
`;
}

/** Ready is a server that lets clients in and answers them over TCP. Named as one that may come in, or the server logs a refusal. */
export function readyScript({ database }: Spec): string {
  return `#!/bin/sh
[ -e ${RUN}/ready ] || { echo "roles, passwords and the extension are being reconciled"; exit 1; }
exec pg_isready -q -h 127.0.0.1 -p ${PORT} -U ${MONITORING} -d ${database}
`;
}
