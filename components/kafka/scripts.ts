import { READY_FILES } from "./ready-script";
import { DATA, FILES, OTHERS, PORTS, type Spec, VOLUME } from "./spec";

const META = `${DATA}/meta.properties`;

/** What the ready stacks call their Kafka. */
const READY_STACKS_NAME = "kafka";

/** One way out for every node that has no usable volume; `$node` is the shell's. */
function recovery(spec: Spec): string {
  const { name, brokers } = spec;
  const consequence =
    brokers === 1
      ? `It was the only broker: what the cluster stored is gone. If the volume turns up again, put it back.
To begin with an empty cluster instead:`
      : `The other brokers have the data. With a majority of all ${brokers} running, ${name}-$node can come back as a new member:
it joins their quorum and copies its partitions from them. Recover one node after the other:`;
  return `${consequence}

${commands(spec)}More in docs/kafka.md, "A lost volume".`;
}

/** The ready stacks have one Kafka; only for that are there commands. */
function commands({ name, stack }: Spec): string {
  const argument = "recover: [$node] in the arguments of Kafka";
  if (name !== READY_STACKS_NAME) return `    ${argument}, for one run of pulumi up\n\n`;
  return `    npm start -- ${stack} --recover ${name}-$node

or by hand, or where manifests are rendered and applied:

    pulumi config set --path 'datastack:kafkaRecover[0]' $node
    pulumi up                      (or: npm run render, and apply)
    pulumi config rm datastack:kafkaRecover

In a program of your own: ${argument}. `;
}

/**
 * Starts the broker and never formats a volume. Heap, agent and RMI are arguments of the broker process alone: in the
 * container's environment they would reach every Java tool, which then cannot bind the agent's port.
 */
export function startScript(spec: Spec, jvm: readonly string[]): string {
  const mebibytes = Math.floor(spec.heap / 2 ** 20);
  const options = [`-Xms${mebibytes}m`, `-Xmx${mebibytes}m`, "-XX:+ExitOnOutOfMemoryError", ...jvm];
  return `#!/usr/bin/env bash
# Starts the broker. It never formats: an empty volume is one that was lost.
set -euo pipefail
node=$DATASTACK_REPLICA

if [[ ! -s ${META} ]]; then
  cat >&2 <<RECOVERY
${spec.name}-$node does not start: its volume ${VOLUME} is not initialised.
It was initialised when it was created, so it has been lost, emptied or replaced since. A broker that formatted it here could
form a new, empty quorum together with others in that state, and the intact ones would follow it.

${recovery(spec)}
RECOVERY
  exit 1
fi

agent=(/opt/prometheus-jmx-exporter/jmx_prometheus_javaagent*.jar)
EXTRA_ARGS="${options.join(" ")}"
EXTRA_ARGS+=" -javaagent:\${agent[0]}=${PORTS.metrics}:${FILES}/jmx.yaml"
${rmi(spec)}export EXTRA_ARGS
export KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=file:${FILES}/log4j2.yaml
export LOG_DIR=/tmp/kafka-logs
${rack(spec)}${forget(spec)}exec /opt/kafka/bin/kafka-server-start.sh ${FILES}/server-$node.properties${spec.rack === "off" ? "" : ` "\${rack[@]}"`}
`;
}

/** A broker that is alone has no others to wait for, so nothing to remember of that. */
function forget(spec: Spec): string {
  if (spec.brokers === 1) return "";
  return `# Of the process before, where the directory outlives it.
rm -f ${READY_FILES.join(" ")}
`;
}

/** The zone is known to the pod alone, when it is placed; nothing that is written before could tell it. */
function rack(spec: Spec): string {
  if (spec.rack === "off") return "";
  const unknown = `${spec.name}-$node has no rack: its zone is not known`;
  const without =
    spec.rack === "required"
      ? `  cat >&2 <<ZONE
${unknown}, and rack is "required". Its pod has no label topology.kubernetes.io/zone: Kubernetes
before 1.35 does not copy it from the node, or the node has none. See docs/kafka.md, "Racks", or leave rack out.
ZONE
  exit 1`
      : `  echo "${unknown}. Copies are placed without regard to zones."`;
  return `rack=()
if [[ -n \${DATASTACK_ZONE-} ]]; then
  rack=(--override "broker.rack=$DATASTACK_ZONE")
else
${without}
fi
`;
}

/** The stub that a client gets names host and port again, so both are what the client outside uses. */
function rmi(spec: Spec): string {
  if (!spec.rmi) return "";
  const property = "-Dcom.sun.management.jmxremote";
  return `rmi=$((${spec.rmi.port} + node))
EXTRA_ARGS+=" ${property}.port=$rmi ${property}.rmi.port=$rmi -Djava.rmi.server.hostname=${spec.rmi.address ?? "127.0.0.1"}"
EXTRA_ARGS+=" ${property}.authenticate=false ${property}.ssl=false"
`;
}

/** Initialises a new volume, once. What it finds on a volume it leaves as it is, or refuses. */
export function formatScript(spec: Spec): string {
  return `#!/usr/bin/env bash
# Initialises the volume of node $NODE of cluster $CLUSTER_ID.
# MODE=bootstrap: first controller of a new cluster. MODE=join: joins the running quorum when it starts.
set -euo pipefail
node=$NODE

found() { sed -n "s/^$1=//p" ${META}; }

if [[ -s ${META} ]]; then
  if [[ $(found cluster.id) != "$CLUSTER_ID" ]]; then
    cat >&2 <<MISMATCH
The volume of ${spec.name}-$node belongs to the cluster $(found cluster.id); this stack's is $CLUSTER_ID.
Nothing was changed. If it is the right volume (the stack or the component was renamed), keep its identity:
clusterId: "$(found cluster.id)" in the arguments of Kafka. If it is not, give the workload the right one.
MISMATCH
    exit 1
  fi
  if [[ $(found node.id) != "$node" ]]; then
    echo "The volume of ${spec.name}-$node was initialised for node $(found node.id): volumes were exchanged. Put them back." >&2
    exit 1
  fi
  echo "The volume of ${spec.name}-$node is initialised: cluster $CLUSTER_ID, node $node."
  exit 0
fi

# Formatting writes these, then meta.properties, so they alone are what an interrupted one left.
if [[ -d ${DATA} ]]; then
  # No pipe, whose end could hide what was found, and an assignment: a find that fails ends this.
  data=$(find ${DATA} -mindepth 1 \\( ! -path '*/__cluster_metadata-0*' ! -name '*.checkpoint' ! -name .lock \\
    -o -name '*.log' -size +0 \\) -print -quit)
  if [[ -n $data ]]; then
    echo "${DATA} on the volume of ${spec.name}-$node holds data but no meta.properties. Nothing was changed: restore the file." >&2
    exit 1
  fi
  rm -rf ${DATA}
fi

if [[ $MODE == bootstrap ]]; then
  # A volume that was only formatted has no log with records: the cluster has not begun.
  for other in ${OTHERS}/*; do
    [[ -d $other/data ]] || continue
    begun=$(find "$other/data" -name '*.log' -size +0 -print -quit)
    [[ -n $begun ]] || continue
    cat >&2 <<BEGUN
The volume of ${spec.name}-$node is empty, but that of ${spec.name}-\${other##*/} holds data. Nothing was changed.
Beginning a second cluster of the same name would end in the loss of one of them.

${recovery(spec)}
BEGUN
    exit 1
  done
  for peer in $PEERS; do
    if timeout 3 bash -c "exec 3<>/dev/tcp/$peer/${PORTS.controller}" 2>/dev/null; then
      cat >&2 <<REFUSAL
The volume of ${spec.name}-$node is empty, but $peer, a controller of this cluster, is running. Nothing was changed.
Beginning a second cluster of the same name would end in the loss of one of them.

${recovery(spec)}
REFUSAL
      exit 1
    fi
  done
  members=--standalone
else
  members=--no-initial-controllers
fi

/opt/kafka/bin/kafka-storage.sh format --cluster-id="$CLUSTER_ID" "$members" --config ${FILES}/format-$node.properties
echo "The volume of ${spec.name}-$node is initialised ($MODE)."
`;
}
