import { FILES, PORTS, type Spec } from "./spec";

const STATE = "kafka_server_kafkaserver_brokerstate";
const LACKING = "kafka_server_replicamanager_underreplicatedpartitions";

/** What the probe remembers of the process: that it was ready, and since when it runs (seconds since 1970). */
const WHOLE = "/tmp/kafka-whole";
const RUNNING = "/tmp/kafka-running";
export const READY_FILES = [WHOLE, RUNNING] as const;

/** Seconds that a broker that runs is held back until every copy is in sync. */
export const PATIENCE = 300;

/**
 * Ready is what the brokers say of themselves, without starting a Java process to ask: this one runs, and, once after each start, no
 * broker leads a partition that lacks a copy in sync. So the next one is only restarted when all copies are there again. Later
 * failures of others are no reason to call this one unready, and a copy that does not come back does not hold up what may mend it.
 */
export function readyScript(spec: Spec): string {
  return `#!/usr/bin/env bash
# Succeeds when the broker's state is 3, RUNNING: registered, caught up and not fenced${spec.brokers > 1 ? ", and the cluster is whole" : ""}.
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
${spec.brokers > 1 ? whole(spec) : ""}exit 0
`;
}

function whole(spec: Spec): string {
  const hosts = Array.from({ length: spec.brokers }, (_, broker) => spec.host(broker));
  return `[[ -e ${WHOLE} ]] && exit 0
printf -v now '%(%s)T' -1
[[ -s ${RUNNING} ]] || echo "$now" >${RUNNING}

# Who does not answer leads nothing: what it led, another one leads by now, and counts its copy as lacking.
hosts=(${hosts.join(" ")})
hosts[DATASTACK_REPLICA]=127.0.0.1
lacking=$(
  for host in "\${hosts[@]}"; do timeout 3 bash ${FILES}/ready.sh "$host" ${LACKING} & done | {
    sum=0
    while read -r value; do sum=$((sum + value)); done
    echo "$sum"
  }
)
if ((lacking > 0 && now - $(<${RUNNING}) < ${PATIENCE})); then
  echo "the broker runs; $lacking partitions lack a copy in sync"
  exit 1
fi
: >${WHOLE}
`;
}
