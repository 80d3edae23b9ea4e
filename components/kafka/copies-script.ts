/**
 * Gives topics the copies that they lack, mostly because brokers were added: a reassignment at a limited rate, watched to its end,
 * because only then Kafka's tool lifts the limit. Sourced by the topics' job, whose functions and state of the cluster it uses.
 * What a run did not finish or was killed in the middle of, the next one takes up.
 */
export const COPIES_SCRIPT =
  String.raw`# $BROKERS brokers; at most $THROTTLE bytes per second and broker; $WITHIN seconds of patience.
reassign() {
  "$bin/kafka-reassign-partitions.sh" --bootstrap-server "$BOOTSTRAP" --reassignment-json-file "$work/plan.json" "$@"
}

# Live brokers with their racks, in "order" so that those of one rack are apart. Without a rack each is one of its own.
declare -A rack=()
order=()
read_brokers() {
  "$bin/kafka-broker-api-versions.sh" --bootstrap-server "$BOOTSTRAP" >"$work/brokers" 2>"$work/brokers.err" || return 1
  local line id where
  local -A seen=()
  rack=()
  while IFS= read -r line; do
    [[ $line =~ \(id:\ ([0-9]+)\ rack:\ (.+)\ isFenced:\ false\)\ -\> ]] || continue
    id=\${BASH_REMATCH[1]} where=\${BASH_REMATCH[2]}
    [[ $where == null ]] && where="#$id"
    rack[$id]=$where
  done <"$work/brokers"
  ((\${#rack[@]} >= BROKERS)) || return 1
  mapfile -t order < <(
    for id in $(printf '%s\n' "\${!rack[@]}" | sort -n); do
      where=\${rack[$id]}
      seen[$where]=$((\${seen[$where]-0} + 1))
      printf '%s\t%s\t%s\n' "\${seen[$where]}" "$where" "$id"
    done | sort -t $'\t' -k 1,1n -k 2,2 -k 3,3n | cut -f 3
  )
}

# Adds to the copies in "placed", which stay where they are, those that COUNT lacks: each in a rack without one as long as there are
# any, on the broker that was given least, the one at START before others.
place() {
  local start=$1 count=$2 apart i id best
  local -A taken=()
  for id in "\${placed[@]}"; do
    given[$id]=$((\${given[$id]-0} + 1))
    [[ -v rack[$id] ]] && taken[\${rack[$id]}]=1
  done
  for apart in true false; do
    while ((\${#placed[@]} < count)); do
      best=
      for ((i = 0; i < \${#order[@]}; i++)); do
        id=\${order[(start + i) % \${#order[@]}]}
        [[ " \${placed[*]} " == *" $id "* ]] && continue
        [[ $apart == true && -v taken[\${rack[$id]}] ]] && continue
        [[ -z $best ]] || ((\${given[$id]-0} < \${given[$best]-0})) || continue
        best=$id
      done
      [[ -n $best ]] || break
      placed+=("$best")
      taken[\${rack[$best]}]=1
      given[$best]=$((\${given[$best]-0} + 1))
    done
  done
}

# The first of "placed" is to lead. It stays the first unless it leads more than another one by now; then that one is, and the rest
# come as they follow it around, so that they do not all fall to the same one next.
lead() {
  local start=$1 i id best=\${placed[0]} around=()
  for ((i = 0; i < \${#order[@]}; i++)); do
    id=\${order[(start + i) % \${#order[@]}]}
    [[ " \${placed[*]} " == *" $id "* ]] || continue
    ((\${led[$id]-0} >= \${led[$best]-0})) || best=$id
  done
  led[$best]=$((\${led[$best]-0} + 1))
  [[ $best != "\${placed[0]}" ]] || return 0
  for id in "\${order[@]}" "\${order[@]}" "\${placed[@]}"; do
    [[ $id == "$best" ]] || ((\${#around[@]} > 0)) || continue
    [[ " \${placed[*]} " == *" $id "* && " \${around[*]} " != *" $id "* ]] && around+=("$id")
  done
  placed=("\${around[@]}")
}

joined() { local IFS=,; echo "$*"; }

# How many numbers a list has, in REPLY: a process for each of thousands of partitions would take minutes.
count() {
  local commas=\${1//[^,]/}
  REPLY=$((\${#1} > 0 ? \${#commas} + 1 : 0))
}

# The first list without the numbers of the second, in REPLY.
without() {
  local id
  REPLY=
  for id in \${1//,/ }; do [[ ,$2, == *,$id,* ]] || REPLY+=\${REPLY:+,}$id; done
}

# What a killed run of this left on a topic; "*" is somebody's wish.
throttled() {
  local key
  for key in leader follower; do
    [[ \${setting["$1 $key.replication.throttled.replicas"]-} == [0-9]* ]] && return 0
  done
  return 1
}

# Partitions that lack copies, those that are being given some, and those that a limit was left on; "moving" are the first two.
plan_copies() {
  local name partition replicas adding removing target item field had rows=() placed=() turn=0
  local -A given=() led=()
  moving=0
  while IFS=$'\t' read -r -a field; do
    [[ \${field[1]-} == 'Partition: '* ]] || continue
    name=\${field[0]#Topic: } partition=\${field[1]#Partition: } replicas= adding= removing=
    [[ -v wanted[$name] ]] || continue
    for item in "\${field[@]:2}"; do
      case $item in
        'Replicas: '*) replicas=\${item#*: } ;;
        'Adding Replicas: '*) adding=\${item#*: } ;;
        'Removing Replicas: '*) removing=\${item#*: } ;;
      esac
    done
    count "$replicas"; had=$REPLY
    count "$adding"; had=$((had - REPLY))
    without "$replicas" "$removing"; target=$REPLY
    if ((had >= \${wanted[$name]})); then
      throttled "$name" || continue
    else
      moving=$((moving + 1))
      grown[$name]="replication \${replication[$name]} -> \${wanted[$name]}"
      count "$target"
      if ((REPLY < \${wanted[$name]})); then
        IFS=, read -r -a placed <<<"$target"
        place "$turn" "\${wanted[$name]}"
        lead "$turn"
        target=$(joined "\${placed[@]}")
      fi
      turn=$((turn + 1))
    fi
    rows+=("{\"topic\":\"$name\",\"partition\":$partition,\"replicas\":[$target]}")
  done <"$work/topics"
  planned=\${#rows[@]}
  echo "{\"version\":1,\"partitions\":[$(joined "\${rows[@]}")]}" >"$work/plan.json"
}

# Anything to do costs two Java processes and more; nothing to do costs none.
needs_copies() {
  local name
  for name in "\${!wanted[@]}"; do
    [[ -v partitions[$name] ]] || continue
    ((\${replication[$name]} < \${wanted[$name]})) && return 0
    throttled "$name" && return 0
  done
  return 1
}

add_copies() {
  needs_copies || return 0
  until read_brokers; do
    if ((SECONDS > deadline)); then
      echo "\${#rack[@]} of $BROKERS brokers are there: the missing copies of topics cannot be placed. Nothing was changed." >&2
      cat "$work/brokers.err" >&2
      return 1
    fi
    sleep 2
  done
  plan_copies
  ((planned > 0)) || return 0
  if ((moving > 0)); then
    # "additional" also for what is on its way already, whose rate it sets anew.
    if ! reassign --execute --additional --throttle "$THROTTLE" >"$work/execute" 2>&1; then
      echo "The missing copies of $moving partitions could not be ordered:" >&2
      cat "$work/execute" >&2
      return 1
    fi
    echo "making copies for $moving partitions, at most $THROTTLE bytes per second and broker. What was before, to go back to:"
    grep '^{' "$work/execute" || true
  fi
  await_copies
}

await_copies() {
  local until=$((SECONDS + WITHIN)) left said=
  while :; do
    if reassign --verify >"$work/verify" 2>&1; then
      # Said only when nothing is on its way any more.
      grep -q '^Clearing broker-level throttles' "$work/verify" && break
      left=$(grep -c 'still in progress' "$work/verify" || true)
      [[ $left == "$said" ]] || echo "copies: $left of $planned partitions to go"
      said=$left
    fi
    if ((SECONDS >= until)); then
      cat >&2 <<LATER
\${said:-$planned} of $planned partitions do not have their copies after $WITHIN s.
Kafka goes on by itself: deploy again to wait for the rest; only then is the limit of $THROTTLE bytes per second and broker
lifted. If more than that is written to these topics it never ends: raise reassignment.throttle in the arguments of Kafka.
LATER
      tail -n 5 "$work/verify" >&2
      return 1
    fi
    sleep 3
  done
  if grep 'There is no active reassignment' "$work/verify" >&2; then
    echo "Somebody ended these reassignments or began others. Deploy again to begin anew." >&2
    return 1
  fi
  local name
  for name in "\${!grown[@]}"; do replication[$name]=\${wanted[$name]}; done
}

# Not declared, so nobody's to change here; but whoever added brokers should know.
say_undeclared() {
  local name few=()
  for name in "\${!partitions[@]}"; do
    [[ -v wanted[$name] ]] || ((\${replication[$name]} >= COPIES)) || few+=("$name")
  done
  ((\${#few[@]} > 0)) || return 0
  echo "not declared, and left with fewer than $COPIES copies: $(printf '%s\n' "\${few[@]}" | sort | tr '\n' ' ')"
}
`.replaceAll("\\${", "${");
