import { FILES, PORTS, type Spec } from "./spec";

const STATE = "kafka_server_kafkaserver_brokerstate";
const LACKING = "kafka_server_replicamanager_underreplicatedpartitions";

/**
 * What the probe remembers of the process: that it was ready, that the last look found all copies in sync, since when it runs, and
 * since when a broker has been silent (seconds since 1970).
 */
const WHOLE = "/tmp/kafka-whole";
const CLEAN = "/tmp/kafka-clean";
const RUNNING = "/tmp/kafka-running";
const SILENT = "/tmp/kafka-silent";
export const READY_FILES = [WHOLE, CLEAN, RUNNING, SILENT] as const;

/** Seconds that a broker that runs is held back for copies while another one does not answer: that may be down for good. */
const PATIENCE = 300;

/**
 * Ready is what the brokers say of themselves, without starting a Java process to ask: this one runs, and, once after each start, no
 * broker leads a partition that lacks a copy in sync. So the next one is only restarted when all copies are there again. Later
 * failures of others are no reason to call this one unready, and a copy that does not come back does not hold up what may mend it.
 */
export function readyScript(spec: Spec): string {
  return spec.brokers > 1 ? together(spec) : ALONE;
}

/** A single broker is restarted when this text changes, so it only does with a reason. */
const ALONE = `#!/usr/bin/env bash
# Succeeds when the broker's state is 3, RUNNING: registered, caught up and not fenced.
exec 3<>/dev/tcp/127.0.0.1/${PORTS.metrics} || exit 1
printf 'GET /metrics?name[]=${STATE} HTTP/1.0\\r\\n\\r\\n' >&3
while read -r name value _ <&3; do
  [[ $name == ${STATE} ]] && break
done
state=\${value%%.*}
[[ $name == ${STATE} && $state == 3 ]] && exit 0
echo "broker state is \${state:-unknown}, not 3"
exit 1
`;

function together(spec: Spec): string {
  const hosts = Array.from({ length: spec.brokers }, (_, broker) => spec.host(broker));
  return `#!/usr/bin/env bash
# Succeeds when the broker's state is 3, RUNNING: registered, caught up and not fenced, and the cluster is whole.
# With a host and a name, says the value of that metric there.
metric() {
  local name value
  exec 3<>"/dev/tcp/$1/${PORTS.metrics}" || return 1
  printf 'GET /metrics?name[]=%s HTTP/1.0\\r\\n\\r\\n' "$2" >&3
  while read -r name value _ <&3; do
    [[ $name == "$2" ]] && { echo "\${value%%.*}"; return 0; }
  done
  return 1
}
if (($# == 2)); then
  metric "$1" "$2" 2>/dev/null
  exit
fi

state=$(metric 127.0.0.1 ${STATE})
if [[ $state != 3 ]]; then
  echo "broker state is \${state:-unknown}, not 3"
  exit 1
fi
[[ -e ${WHOLE} ]] && exit 0
printf -v now '%(%s)T' -1
[[ -s ${RUNNING} ]] || echo "$now" >${RUNNING}

# How many partitions that a broker leads lack a copy; "mute" when it runs and does not say, "away" when it does not run. Who is away
# leads nothing: what it led, another one leads by now, and counts its copy as lacking.
ask() {
  timeout 3 bash ${FILES}/ready.sh "$1" ${LACKING} && return
  if timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/${PORTS.inside}"' "$1" 2>/dev/null; then echo "mute $1"; else echo "away $1"; fi
}
hosts=(${hosts.join(" ")})
hosts[DATASTACK_REPLICA]=127.0.0.1
lacking=0 mute= silent=
while read -r answer host; do
  case $answer in
    [0-9]*) lacking=$((lacking + answer)) ;;
    *) silent+=" $host" ;;&
    mute) mute+=" $host" ;;
  esac
done < <(for host in "\${hosts[@]}"; do ask "$host" & done; wait)

# A minute's silence is no reason to give up on copies that are on their way, so that has a clock of its own.
if [[ -z $silent ]]; then
  rm -f ${SILENT}
elif [[ ! -s ${SILENT} ]]; then
  echo "$now" >${SILENT}
fi
if ((lacking > 0)) || [[ -n $mute ]]; then
  rm -f ${CLEAN}
  if ((now - $(<${RUNNING}) < ${spec.catchUp})) && { [[ -z $silent ]] || ((now - $(<${SILENT}) < ${PATIENCE})); }; then
    echo "the broker runs; $lacking partitions lack a copy in sync\${silent:+; no answer from$silent}"
    exit 1
  fi
elif [[ ! -e ${CLEAN} ]]; then
  # While leaders change, one look can miss what the next one sees.
  : >${CLEAN}
  echo "the broker runs; all copies are in sync, looking again"
  exit 1
fi
: >${WHOLE}
exit 0
`;
}
