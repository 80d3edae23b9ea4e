#!/bin/bash
# Starts a broker, a controller or both. EXTRA_ARGS reaches this process only, never a command-line tool; where it is
# set, it replaces "-name kafkaServer -loggc", and words that are not this script's belong behind those that are.
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*" >&2
  exit 1
fi
bin=$(dirname "${BASH_SOURCE[0]}")
if [ -z "$KAFKA_LOG4J_OPTS" ]; then
  export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$bin/../config/log4j2.yaml"
fi
if [ -z "$KAFKA_HEAP_OPTS" ]; then
  export KAFKA_HEAP_OPTS="-Xmx1G -Xms1G"
fi
EXTRA_ARGS=${EXTRA_ARGS-'-name kafkaServer -loggc'}
if [ "$1" = "-daemon" ]; then
  EXTRA_ARGS="-daemon $EXTRA_ARGS"
  shift
fi
# shellcheck disable=SC2086
exec "$bin/kafka-run-class.sh" $EXTRA_ARGS kafka.Kafka "$@"
