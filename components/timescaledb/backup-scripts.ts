import { type Archives, choosing, listing, pruning, SHRUNK } from "../core/archives";
import { OWN_JOBS_FILE } from "./reconcile";
import { FILES } from "./spec";

/** Where the volume of the dumps is mounted. */
export const DUMPS = "/var/lib/datastack-backups";
/** The administrator's password, in the backup's container. */
export const PASSWORD = `${FILES}/password`;
export const BACKUP_SCRIPT = `${FILES}/backup.sh`;
export const RESTORE_SCRIPT = `${FILES}/restore.sh`;

/** Seconds that a dump, and a restore, may take. */
export const BACKUP_TIMEOUT = 6 * 3600;

const KEPT: Archives = {
  folder: DUMPS,
  one: "dump",
  owner: "$PGDATABASE",
  ending: ".dump",
  of: "database",
  contents: "rows",
  measure: { command: "size", unit: "bytes", larger: `is more than ${SHRUNK} times as large as` },
};

/** Names of the server's roles, which a dump of one database refers to and does not have. Every server has those of the system. */
export const ROLES = "SELECT json_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'";

/** For psql: makes those of `:roles` that the server does not have, and says so. Their passwords are in no dump. */
export const MISSING_ROLES = `SELECT format('CREATE ROLE %I NOLOGIN', role),
    format('SELECT %L', format('made the role %I, which was there when the dump was made and is not now: it cannot log in', role))
  FROM json_array_elements_text(:'roles') AS names (role)
  WHERE role NOT IN (SELECT rolname FROM pg_roles) \\gexec`;

/** Seconds without a sign of life until a restore counts as killed. */
const LOCK_TIMEOUT = 60;

/** For psql and its like: a password file that only its owner can read, as they insist. PGHOST, PGPORT, PGUSER, PGDATABASE are given. */
const CLIENT = `umask 077
# printf is the shell's own: no command line shows the password.
printf '*:*:*:%s:%s\\n' "$PGUSER" "$(cat ${PASSWORD})" >/tmp/pgpass
export PGPASSFILE=/tmp/pgpass PGCONNECT_TIMEOUT=10
sql() { psql -X -q -w -v ON_ERROR_STOP=1 "$@"; }
${listing(KEPT)}`;

/**
 * Dumps to a temporary name, reads the dump back, and only then gives it its name and removes old ones: $KEEP whole dumps are there
 * at any time, once there were so many. Dumps of an emptied database never push out the last one of the full database.
 */
export const BACKUP = `#!/bin/sh
# Dumps $PGDATABASE of $PGHOST to ${DUMPS}, and keeps the last $KEEP dumps.
set -eu
${CLIENT}
# Of a run that was killed.
rm -f ${DUMPS}/.*.partial

begun=$(date -u +%s)
state=$(sql -At -F ' ' -c "SELECT current_setting('server_version_num')::int / 10000, extversion FROM pg_extension WHERE extname = 'timescaledb'")
[ -n "$state" ] || { echo "The database $PGDATABASE of $PGHOST has no TimescaleDB: nothing was dumped." >&2; exit 1; }
name=$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ)-pg\${state%% *}-timescaledb-\${state#* }.dump
partial=${DUMPS}/.$name.partial
trap 'rm -f "$partial" /tmp/list' EXIT

# Before the dump, which may name roles that are dropped while it is made.
roles=$(sql -At -c "${ROLES}")
# Foreign keys between TimescaleDB's own tables make it warn; restoring them as restore.sh does needs no order.
pg_dump -w --format=custom --lock-wait-timeout=600s --file="$partial" 2>/tmp/messages || {
  cat /tmp/messages >&2
  echo "The database $PGDATABASE was not dumped; the dumps before are as they were." >&2
  exit 1
}
pg_restore --list "$partial" >/tmp/list
tables=$(grep -c ' TABLE DATA ' /tmp/list) || {
  echo "The dump of $PGDATABASE holds no table, not even TimescaleDB's own: it was thrown away." >&2
  exit 1
}
# Read to its end, so that a damaged one is found now.
pg_restore --file=/dev/null "$partial"
# What it takes once it is restored.
restored=$(sql -At -c 'SELECT pg_database_size(current_database())')
if [ -n "$restored" ]; then echo "$restored" >"${DUMPS}/$name.size"; fi
printf '%s\\n' "$roles" >"${DUMPS}/$name.roles"
sync
mv "$partial" "${DUMPS}/$name"

${pruning(KEPT)}
for file in ${DUMPS}/"$PGDATABASE"-[0-9]*.dump.size ${DUMPS}/"$PGDATABASE"-[0-9]*.dump.roles; do
  if [ ! -f "\${file%.*}" ]; then rm -f "$file"; fi
done
bytes=$(size "$name")
count=$(dumps | wc -l)
echo "$name: $bytes bytes, $tables tables with data, $(($(date -u +%s) - begun)) s; $((count)) dumps are kept"

# Where the target collects what schedules write.
[ -n "\${DATASTACK_METRICS-}" ] || exit 0
umask 022
file=$DATASTACK_METRICS/$SCHEDULE-dumps.prom
gauge() {
  echo "# HELP datastack_backup_$1 $2"
  echo "# TYPE datastack_backup_$1 gauge"
  echo "datastack_backup_$1{schedule=\\"$SCHEDULE\\"} $3"
}
{
  gauge size_bytes "Size of the last dump." "$bytes"
  gauge dumps "Dumps that are kept." "$((count))"
} >"$file.new"
mv -f "$file.new" "$file"
`;

/** Names of settings whose value is a list of names, which a quoted value would make one name. */
const LISTS = [
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
];

/**
 * Restores into a database beside the one in use, and exchanges the two in one transaction when all of it has succeeded. Clients
 * work on until then, lose their connection, and find the restored one.
 */
export const RESTORE = `#!/bin/sh
# restore.sh list: the dumps, newest first, as name, size in bytes.
# restore.sh restore NAME: puts that dump in the place of $PGDATABASE; NAME may be "latest".
set -eu
${CLIENT}

${choosing(KEPT)}
pg_restore --list "$dump" >/tmp/list || { echo "$name is no dump that can be read. Nothing was changed." >&2; exit 1; }

version=\${name##*-timescaledb-}
version=\${version%.dump}
fresh=\${PGDATABASE}_restore
before=\${PGDATABASE}_before_restore

# The dump's rows fit the catalogue of its own version of TimescaleDB only.
known=$(sql -d postgres -At -c "SELECT count(*) FROM pg_available_extension_versions WHERE name = 'timescaledb' AND version = '$version'")
if [ "$known" != 1 ]; then
  brings=$(sql -d postgres -At -c "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'")
  echo "$name was made with TimescaleDB $version; the server's image brings $brings and does not have that one." >&2
  echo "Nothing was changed. Run the server with an image that has $version, restore, and update then." >&2
  exit 1
fi

drop() {
  sql -d postgres -c 'SET client_min_messages = error' -c "DROP DATABASE IF EXISTS \\"$1\\" WITH (FORCE)"
}
lock=${DUMPS}/.restore.lock
alive=
changing=
finish() {
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ] && [ -n "$changing" ]; then
    sql -d postgres -c "ALTER DATABASE \\"$PGDATABASE\\" ALLOW_CONNECTIONS true" || true
    drop "$fresh" || true
    echo "Not restored; the database $PGDATABASE is as it was." >&2
  fi
  if [ -n "$alive" ]; then kill "$alive" 2>/dev/null || true; fi
  rm -rf "$lock"
  exit "$status"
}

# The other one may run in another container: what counts is its sign of life.
if ! mkdir "$lock" 2>/dev/null; then
  age=$(($(date +%s) - $(stat -c %Y "$lock" 2>/dev/null || echo 0)))
  if [ "$age" -le ${LOCK_TIMEOUT} ]; then
    echo "Another restore of $PGDATABASE is at work: it gave a sign of life $age s ago. Nothing was changed. Wait for its end;" >&2
    echo "if it was killed, try again in ${LOCK_TIMEOUT} s." >&2
    exit 1
  fi
  echo "a restore that was killed left its lock: it is taken over"
  rmdir "$lock"
  mkdir "$lock"
fi
trap finish EXIT
trap 'exit 143' TERM INT
while sleep 10 && kill -0 $$; do touch -c "$lock"; done >/dev/null 2>&1 </dev/null &
alive=$!

drop "$fresh"
# Room for both at once, and for what the write-ahead log may still grow by. Only the server sees its volume.
mib() { echo "$(($1 / 1048576)) MiB"; }
free=$(sql -d postgres -At 2>/dev/null <<'SQL'
CREATE TEMP TABLE df (line text);
COPY df FROM PROGRAM 'df -Pk . | tail -n 1';
SELECT (regexp_split_to_array(line, ' +'))[4]::bigint * 1024 FROM df;
SQL
) || free=
log=$(sql -d postgres -At -c "SELECT greatest(0, pg_size_bytes(current_setting('max_wal_size')) - (SELECT sum(size) FROM pg_ls_waldir()))")
need=$(cat "$dump.size" 2>/dev/null || sql -d postgres -At -c "SELECT greatest(pg_database_size('$PGDATABASE'), $(size "$name"))")
case $free,$log,$need in
  ,* | *, | *,,* | *[!0-9,]*) echo "how much room the server's volume has is not known; going on" ;;
  *)
    need=$((need + log))
    if [ "$free" -lt "$need" ]; then
      kept=$(sql -d postgres -At -c "SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database WHERE datname = '$before'")
      if [ $((free + kept)) -lt "$need" ]; then
        echo "The server's volume has $(mib $((free + kept))) for a restored database; $name needs $(mib "$need"), $(mib "$log") of them for" >&2
        echo "the write-ahead log. Nothing was changed. Enlarge the volume, or remove what is not needed." >&2
        exit 1
      fi
      echo "the server's volume has $(mib "$free") free and $(mib "$need") are needed: $before is dropped now, $(mib "$kept")"
      drop "$before"
    fi
    ;;
esac

echo "restoring $name into $fresh"
changing=yes
# A new server has the declared ones only. The first owner or grantee that is missing would end the restore.
if [ -f "$dump.roles" ]; then
  sql -d postgres -At -v roles="$(cat "$dump.roles")" <<'SQL'
${MISSING_ROLES}
SQL
fi
sql -d postgres -c "CREATE DATABASE \\"$fresh\\" TEMPLATE template0 OWNER \\"$PGUSER\\""
sql -d "$fresh" -1 -c 'SET client_min_messages = error' -c "CREATE EXTENSION timescaledb VERSION '$version'" -f ${OWN_JOBS_FILE}
# It counts for new sessions.
sql -d "$fresh" -c 'SET client_min_messages = error' -c 'SELECT timescaledb_pre_restore()' >/dev/null
# One process: several would not keep the order that TimescaleDB's catalogue needs.
pg_restore -w --exit-on-error --dbname="$fresh" "$dump"
sql -d "$fresh" -c 'SET client_min_messages = error' -c 'SELECT timescaledb_post_restore()' >/dev/null
sql -d "$fresh" -c 'ANALYZE'
default=$(sql -d postgres -At -c "SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'")
if [ "$version" != "$default" ]; then
  echo "TimescaleDB: $version -> $default"
  sql -d "$fresh" -c 'ALTER EXTENSION timescaledb UPDATE'
fi

# Rights and settings of the database itself are not in a dump of it.
sql -d postgres -At -v old="$PGDATABASE" -v new="$fresh" >/tmp/settings.sql <<'SQL'
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC;', :'new');
SELECT format('GRANT %s ON DATABASE %I TO %I;', string_agg(a.privilege_type, ', '), :'new', r.rolname)
  FROM pg_database d, aclexplode(d.datacl) a JOIN pg_roles r ON r.oid = a.grantee
  WHERE d.datname = :'old' AND a.grantee <> d.datdba GROUP BY r.rolname;
SELECT format('ALTER %s SET %I TO %s;',
    CASE WHEN s.setrole = 0 THEN format('DATABASE %I', :'new') ELSE format('ROLE %I IN DATABASE %I', r.rolname, :'new') END,
    split_part(c, '=', 1),
    CASE WHEN split_part(c, '=', 1) IN (${LISTS.map((name) => `'${name}'`).join(", ")})
      THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole,
    unnest(s.setconfig) c
  WHERE d.datname = :'old' AND split_part(c, '=', 1) <> 'timescaledb.restoring';
SQL
sql -d postgres -f /tmp/settings.sql

# From here on nobody can connect to either of them, and who was there is sent away.
exchange() {
  sql -d postgres -v old="$PGDATABASE" -v new="$fresh" -v before="$before" <<'SQL'
-- TimescaleDB reminds of its workers, which are started below.
SET client_min_messages = error;
SET log_min_messages = error;
ALTER DATABASE :"old" ALLOW_CONNECTIONS false;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'old', :'new') \\g /dev/null
BEGIN;
ALTER DATABASE :"old" RENAME TO :"before";
ALTER DATABASE :"new" RENAME TO :"old";
COMMIT;
SQL
}
drop "$before"
tries=0
until exchange; do
  tries=$((tries + 1))
  if [ "$tries" -ge 5 ]; then
    echo "The databases could not be exchanged." >&2
    exit 1
  fi
  sleep 1
done
changing=
# They were stopped for the restore, and jobs run only with them.
sql -At -c 'SELECT _timescaledb_functions.start_background_workers()' >/dev/null ||
  echo "warning: TimescaleDB's workers could not be started; its jobs run when the server is started again" >&2
echo "restored $name; the database before it is kept as $before, closed to everybody, until the next restore"
`;
