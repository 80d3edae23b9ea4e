import type { Migration } from "./migration";
import { REFUSED } from "./preflight";
import { BEGIN_CLOCK, pending, recorded, type Step } from "./step";

/** Where the job and the schedules find their files. */
export const FILES = "/opt/datastack/timescaledb/schema";

/** Any number that nobody else takes for a lock in this database. */
const LOCK = 7_305_223_001;

/** For psql: one session, in which everything is done that is not done yet. */
export function migrationSql({ before, steps }: Migration): string {
  return `\\set ON_ERROR_STOP on
\\o /dev/null
\\set applied 0
-- One run at a time; it ends with the session.
SELECT pg_advisory_lock(${LOCK});
${before.map((statement) => `${statement};`).join("\n")}
${steps.map(guarded).join("\n")}
\\if :applied
\\else
\\warn nothing to do: all ${steps.length} steps are applied
\\endif
`;
}

function guarded(step: Step): string {
  const statements = [...step.statements, recorded(step)].map((statement) => `${statement};`);
  const body = step.alone
    ? ["SET statement_timeout = 0;", ...statements, "RESET statement_timeout;"]
    : ["BEGIN;", ...statements, "COMMIT;"];
  return `SELECT ${pending(step)} AS pending, ${BEGIN_CLOCK} \\gset begun_
\\if :begun_pending
\\warn '${label(step)}'
${body.join("\n")}
\\set applied 1
\\endif`;
}

function label({ id, hash }: Step): string {
  return hash === "" ? `${id} is dropped, to be made again` : id;
}

/** Seconds that the job waits for the server, for another run of it, and for tables that are in use. */
export const PATIENCE = 300;

const SESSION = [
  // A statement that waits for a lock makes others wait behind it: it gives way, and is tried again.
  "lock_timeout=5s",
  "statement_timeout=600s",
  "idle_in_transaction_session_timeout=60s",
  // The session of a client that was killed ends, and with it its locks.
  "client_connection_check_interval=2s",
  "tcp_keepalives_idle=30",
  "tcp_keepalives_interval=10",
  "tcp_keepalives_count=3",
  "client_min_messages=warning",
  "search_path=public",
  "timezone=UTC",
];

/** Errors that pass, by SQLSTATE: lock not available, deadlock, serialization, object in use, shutdown, start, too many connections. */
const PASSING = "ERROR:  (55P03|40P01|40001|55006|57P0[1-3]|53300):|tuple concurrently updated";

/** Of connections that are refused: what another try would be told, too. */
const FINAL = "password authentication failed|no pg_hba.conf entry|does not exist|not permitted to log in";

/**
 * Runs a file of SQL, and again when it failed for a reason that passes: the server starts, a table is in use, another run has the
 * lock. The SQL does only what is not done yet.
 */
export const RUN_SCRIPT = `#!/usr/bin/env bash
# Usage: run.sh FILE. Runs the SQL in FILE, again for ${PATIENCE} s as long as what stops it may pass.
set -uo pipefail
PGPASSWORD=$(<${FILES}/password) || exit 1
export PGPASSWORD PGCONNECT_TIMEOUT=5 LC_ALL=C
export PGOPTIONS="${SESSION.map((setting) => `-c ${setting}`).join(" ")}"
deadline=$((SECONDS + ${PATIENCE}))
passing='${PASSING}'
final='${FINAL}'
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# What psql says, as it comes, without its own position; from an error on it waits for what is made of that.
show() {
  while IFS= read -r line; do
    case $line in
      *"ERROR: "* | *"FATAL: "* | "psql: error:"*) cat >/dev/null ;;
      LOCATION:*) ;;
      *"WARNING: "*) echo "warning: \${line#*WARNING:  ?????: }" ;;
      *) echo "$line" ;;
    esac
  done
}

reason=
while :; do
  begun=$SECONDS
  psql -X -q --set=VERBOSITY=verbose --file="$1" 2>&1 | tee "$said" | show >&2
  status=\${PIPESTATUS[0]}
  ((status != 0)) || exit 0
  again=
  if ((status == 2)); then grep -Eq "$final" "$said" || again=yes; fi
  if grep -Eq "$passing" "$said"; then again=yes; fi
  error=$(sed -n -E '/ERROR:|FATAL:|psql: error:/,$p' "$said" | sed -E '/^(LOCATION|CONTEXT):/d; s/^psql:[^ ]* //; s/ERROR:  ${REFUSED}: //')
  # What got on for a while is not stuck.
  ((SECONDS - begun < 30)) || deadline=$((SECONDS + ${PATIENCE}))
  if [[ -z $again ]] || ((SECONDS > deadline)); then
    printf '%s\\n' "$error" >&2
    exit 1
  fi
  [[ $error == "$reason" ]] || echo "waiting: \${error%%$'\\n'*}" >&2
  reason=$error
  sleep 2
done
`;
