/** Programs for /bin/sh: dash, bash and busybox alike, with `date`, `mv` and `sleep` beside it. */

/** In memory, for the marks that health checks look for. */
export const MARKS = "/run/datastack";
export const MARK = `${MARKS}/mark`;

/** Where the scripts lie. */
const HOME = "/datastack";

/** Where schedules lay their metrics. */
export const METRICS = `${HOME}/metrics`;

/** Seconds that a job stays after its success, for the engine to ask and the provider to hear that it is healthy. */
const LINGER = 30;

/** `run SECONDS COMMAND…`: its exit status, or 124 when time is up. It and its children end with the container. */
const RUN = `child=
end() {
  [ -z "$child" ] || { kill -TERM "$group$child" 2>/dev/null; wait "$child"; }
  exit 143
}
trap end TERM INT
run() {
  limit=$1; shift
  if command -v setsid >/dev/null 2>&1; then group=-; setsid "$@" & else group=; "$@" & fi
  child=$!
  left=$limit
  while kill -0 "$child" 2>/dev/null; do
    if [ "$left" -le 0 ]; then
      echo "datastack: killed, because it was not done after $limit seconds" >&2
      kill -KILL "$group$child" 2>/dev/null
      wait "$child" 2>/dev/null
      child=
      return 124
    fi
    sleep 1
    left=$((left - 1))
  done
  wait "$child"
  status=$?
  child=
  return "$status"
}`;

/** What a container runs instead of its own command: that command is the last of the script's arguments. */
export interface Script {
  readonly file: { readonly path: string; readonly content: string };
  readonly command: (...args: string[]) => readonly string[];
}

function script(name: string, content: string): Script {
  const path = `${HOME}/${name}.sh`;
  return { file: { path, content }, command: (...args) => ["/bin/sh", path, ...args] };
}

/** Arguments: seconds, command…. Marks its success, and only that: a container that ends without the mark is never healthy. */
export const ONCE = script(
  "once",
  `${RUN}
run "$@" || { status=$?; echo "datastack: failed with status $status" >&2; exit "$status"; }
trap - TERM INT
: > ${MARK}
sleep ${LINGER}
`,
);

/**
 * Arguments: name, period and offset in seconds, time limit, command…. Runs at the multiples of the period plus the offset since
 * 1970 in UTC. The slot that was begun last is kept beside the metrics: one that passed while the engine was down is made up for,
 * once, and a restart never repeats one. Runs cannot overlap, because the loop waits for each.
 */
export const EVERY = script(
  "every",
  `${RUN}
name=$1 period=$2 offset=$3 seconds=$4; shift 4
umask 022
kept=${METRICS}/.$name.slot
timing=$period+$offset
now() { date -u +%s; }
slot() { echo $((($1 - offset) / period * period + offset)); }
keep() { echo "$timing $last $success" > "$kept.new" && mv -f "$kept.new" "$kept"; }
gauge() {
  echo "# HELP datastack_schedule_$1 $2"
  echo "# TYPE datastack_schedule_$1 gauge"
  echo "datastack_schedule_$1{schedule=\\"$name\\"} $3"
}
report() {
  {
    gauge period_seconds "Seconds between two runs." "$period"
    gauge last_exit_code "Exit status of the last run." "$1"
    gauge last_duration_seconds "Seconds that the last run took." "$2"
    [ -z "$success" ] || gauge last_success_timestamp_seconds "When a run last succeeded." "$success"
  } > "${METRICS}/$name.prom.new" && mv -f "${METRICS}/$name.prom.new" "${METRICS}/$name.prom"
}
before= last= success=
if [ -f "$kept" ]; then read -r before last success < "$kept"; fi
if [ "$before" != "$timing" ]; then last=$(slot "$(now)"); keep || exit 1; fi
: > ${MARK}
while :; do
  begun=$(now)
  current=$(slot "$begun")
  # The clock was set back by more than a whole period.
  if [ $((last - current)) -gt "$period" ]; then last=$current; fi
  if [ "$current" -gt "$last" ]; then
    last=$current
    keep || exit 1
    run "$seconds" "$@"
    code=$?
    ended=$(now)
    if [ "$code" -eq 0 ]; then success=$ended; fi
    keep && report "$code" $((ended - begun)) || exit 1
  else
    left=$((current + period - begun))
    if [ "$left" -gt 20 ]; then left=20; fi
    sleep "$left" &
    wait $!
  fi
done
`,
);
