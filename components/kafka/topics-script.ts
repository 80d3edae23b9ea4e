import { FILES } from "./spec";

/** Seconds that the job waits for the cluster, and for enough brokers to place what it creates. */
const PATIENCE = 240;

/** Seconds after which the job counts as failed. */
export const TOPICS_TIMEOUT = PATIENCE + 120;

/**
 * Compares the cluster with the table, refuses what cannot be done before it does anything, then does the rest, missing copies
 * first (`copies.sh`, which only the job of one's own cluster of several brokers has). Kafka's tools
 * start a Java process per call, so the state is read by two at once and a third, and only what differs costs another.
 */
export const TOPICS_SCRIPT = String.raw`#!/usr/bin/env bash
# Makes the topics of $BOOTSTRAP as declared. Idempotent.
set -euo pipefail
table=${FILES}/topics.tsv
bin=/opt/kafka/bin
work=$(mktemp -d)
deadline=$((SECONDS + ${PATIENCE}))
# For tools that live a second: no time to compile, nothing to collect.
export KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"

topics() { "$bin/kafka-topics.sh" --bootstrap-server "$BOOTSTRAP" "$@"; }
configs() { "$bin/kafka-configs.sh" --bootstrap-server "$BOOTSTRAP" --entity-type "$@"; }

# The row of the cluster's defaults, which somebody else's cluster has not.
defaults=
while IFS=$'\t' read -r kind _ _ _ pairs; do
  [[ $kind == cluster ]] && defaults=$pairs
done <"$table"

read_cluster() {
  configs topics --describe >"$work/configs" 2>"$work/configs.err" &
  local pid=$!
  topics --describe >"$work/topics" 2>"$work/topics.err" || { wait "$pid" || true; return 1; }
  wait "$pid" || return 1
  [[ -z $defaults ]] || configs brokers --entity-default --describe >"$work/defaults" 2>"$work/defaults.err"
}

until read_cluster; do
  if ((SECONDS > deadline)); then
    echo "No answer from $BOOTSTRAP in ${PATIENCE} s:" >&2
    cat "$work"/*.err >&2
    exit 1
  fi
  reason=$(cat "$work"/*.err)
  reason=\${reason%%$'\n'*}
  reason=\${reason#\[*\] }
  [[ $reason == "\${said-}" ]] || echo "waiting for $BOOTSTRAP: $reason"
  said=$reason
  sleep 2
done

# State of the cluster: partitions and replication by topic, settings by "topic key".
declare -A partitions=() replication=() setting=()
while IFS= read -r line; do
  [[ $line =~ ^Topic:\ ([^$'\t ']+).*PartitionCount:\ ([0-9]+).*ReplicationFactor:\ ([0-9]+) ]] || continue
  partitions[\${BASH_REMATCH[1]}]=\${BASH_REMATCH[2]}
  replication[\${BASH_REMATCH[1]}]=\${BASH_REMATCH[3]}
done <"$work/topics"
topic=
while IFS= read -r line; do
  if [[ $line =~ ^Dynamic\ configs\ for\ topic\ (.+)\ are: ]]; then
    topic=\${BASH_REMATCH[1]}
  elif [[ $line =~ ^\ +([a-z.]+)=(.*)\ sensitive= ]]; then
    setting["$topic \${BASH_REMATCH[1]}"]=\${BASH_REMATCH[2]}
  fi
done <"$work/configs"
if [[ -n $defaults ]]; then
  while IFS= read -r line; do
    [[ $line =~ ^\ +([a-z.]+)=(.*)\ sensitive= ]] && setting["- \${BASH_REMATCH[1]}"]=\${BASH_REMATCH[2]}
  done <"$work/defaults"
fi

# First everything that cannot be done, together, and before anything is changed.
copies=${FILES}/copies.sh
declare -A wanted=() grown=()
refused=0
refuse() { echo "$1" >&2; refused=$((refused + 1)); }
while IFS=$'\t' read -r kind name want count _; do
  [[ $kind != cluster && $count != - ]] && wanted[$name]=$count
  [[ -v partitions[$name] && $kind == topic ]] || continue
  if ((want < \${partitions[$name]})); then
    refuse "topics.$name.partitions = $want: the topic has \${partitions[$name]}, and Kafka cannot remove partitions. Declare \${partitions[$name]}, or make a new topic and move its clients."
  fi
  [[ $count != - ]] || continue
  if ((count < \${replication[$name]})); then
    refuse "topics.$name.replication = $count: the topic has \${replication[$name]}, and copies are not thrown away here. Declare replication: \${replication[$name]}, or reassign it with kafka-reassign-partitions.sh."
  elif ((count > \${replication[$name]})) && [[ ! -e $copies ]]; then
    refuse "topics.$name.replication = $count: the topic has \${replication[$name]}, and moving data between somebody else's brokers is theirs to decide. Have it reassigned, or declare replication: \${replication[$name]}."
  fi
done <"$table"
if ((refused > 0)); then
  echo "$refused refused; nothing was changed." >&2
  exit 1
fi

# Copies before the settings: with a minimum of two, a topic that has one copy yet could not be written to.
if [[ -e $copies ]]; then
  source "$copies"
  add_copies || exit 1
  deadline=$((deadline > SECONDS + 60 ? deadline : SECONDS + 60))
fi

# Before the topics, so that one that is made by Kafka itself has the right default too.
if [[ -n $defaults ]] && [[ \${setting["- \${defaults%%=*}"]-} != "\${defaults#*=}" ]]; then
  if ! configs brokers --entity-default --alter --add-config "$defaults" >"$work/cluster.log" 2>&1; then
    echo "The cluster's default $defaults could not be set:" >&2
    cat "$work/cluster.log" >&2
    exit 1
  fi
  echo "default of the cluster: \${defaults%%=*} \${setting["- \${defaults%%=*}"]-unset} -> \${defaults#*=}"
fi

# A new topic needs as many live brokers as it has copies; they may still be coming up.
create() {
  local name=$1 count=$2 copies=$3
  shift 3
  local args=(--create --if-not-exists --topic "$name" --partitions "$count")
  [[ $copies == - ]] || args+=(--replication-factor "$copies")
  local pair
  for pair; do args+=(--config "$pair"); done
  until topics "\${args[@]}" >"$work/$name.log" 2>&1; do
    grep -qE 'InvalidReplicationFactor|TimeoutException|NotController' "$work/$name.log" && ((SECONDS < deadline)) || return 1
    sleep 2
  done
}

# Values with commas are lists, which kafka-configs.sh wants in brackets.
alter() {
  local name=$1 list= pair
  shift
  for pair; do
    [[ $pair == *,* ]] && pair="\${pair%%=*}=[\${pair#*=}]"
    list+=\${list:+,}$pair
  done
  configs topics --alter --entity-name "$name" --add-config "$list" >"$work/$name.log" 2>&1
}

apply() {
  local name=$1 count=$2 copies=$3 done=()
  shift 3
  if [[ ! -v partitions[$name] ]]; then
    create "$name" "$count" "$copies" "$@"
    done+=(created)
  else
    [[ $count == - ]] && count=\${partitions[$name]}
    [[ -v grown[$name] ]] && done+=("\${grown[$name]}")
    if ((count > \${partitions[$name]})); then
      topics --alter --topic "$name" --partitions "$count" >"$work/$name.log" 2>&1
      done+=("partitions \${partitions[$name]} -> $count")
    fi
    local pair key changed=()
    for pair; do
      key=\${pair%%=*}
      [[ \${setting["$name $key"]-} == "\${pair#*=}" ]] && continue
      changed+=("$pair")
      done+=("$key \${setting["$name $key"]-default} -> \${pair#*=}")
    done
    ((\${#changed[@]} == 0)) || alter "$name" "\${changed[@]}"
  fi
  local IFS=,
  printf '%-40s %10s %11s  %s\n' "$name" "$count" "\${replication[$name]-$copies}" "\${done[*]:-unchanged}" >"$work/$name.row"
}

# Two at a time: more would only wait for each other's processor. A topic that succeeded has left its row.
names=()
while IFS=$'\t' read -r -a row; do
  # Kafka makes its own topics when they are needed first.
  [[ \${row[0]} == topic || (\${row[0]} == internal && -v partitions[\${row[1]}]) ]] || continue
  names+=("\${row[1]}")
  while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
  (apply "\${row[@]:1}") &
done <"$table"
wait

failed=()
printf '%-40s %10s %11s  %s\n' TOPIC PARTITIONS REPLICATION CHANGE
for name in "\${names[@]}"; do
  if [[ -e $work/$name.row ]]; then
    cat "$work/$name.row"
  else
    printf '%-40s %10s %11s  %s\n' "$name" - - failed
    failed+=("$name")
  fi
done
for name in "\${failed[@]}"; do
  echo "$name:" >&2
  cat "$work/$name.log" >&2
done
[[ ! -e $copies ]] || say_undeclared
((\${#failed[@]} == 0))
`.replaceAll("\\${", "${");
