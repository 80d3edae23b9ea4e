#!/bin/bash
# Runs one class of the distribution. The environment means what it means in Apache Kafka's script of this name:
#   KAFKA_HEAP_OPTS              heap of this JVM                                      (-Xmx256M)
#   KAFKA_JVM_PERFORMANCE_OPTS   collector settings                                    (G1, see below)
#   KAFKA_JMX_OPTS               remote JMX settings                                   (no authentication, no TLS)
#   JMX_PORT                     opens remote JMX on this port, also for RMI
#   KAFKA_LOG4J_OPTS             logging                                               (config/tools-log4j2.yaml)
#   KAFKA_GC_LOG_OPTS, -loggc    collector log                                         (none)
#   KAFKA_OPTS                   anything else
#   LOG_DIR                      folder of log files                                   (<home>/logs)
#   CLASSPATH, JAVA_HOME, KAFKA_DEBUG, JAVA_DEBUG_PORT, DEBUG_SUSPEND_FLAG
# Every command of the distribution goes through here, so a port in one of these variables is opened by each of them.
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] [-name servicename] [-loggc] classname [opts]" >&2
  exit 1
fi

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LOG_DIR=${LOG_DIR:-$home/logs}

for jar in "$home"/libs/*.jar; do
  CLASSPATH=${CLASSPATH:+$CLASSPATH:}$jar
done

if [ -z "$KAFKA_JMX_OPTS" ]; then
  KAFKA_JMX_OPTS="-Dcom.sun.management.jmxremote=true -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false"
fi
if [ -n "$JMX_PORT" ]; then
  KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.port=$JMX_PORT"
  case $KAFKA_JMX_OPTS in
    *com.sun.management.jmxremote.rmi.port=*) ;;
    *) KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT" ;;
  esac
fi

if [ -z "$KAFKA_LOG4J_OPTS" ]; then
  KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$home/config/tools-log4j2.yaml"
else
  mkdir -p "$LOG_DIR"
fi
log4j="-Dkafka.logs.dir=$LOG_DIR $KAFKA_LOG4J_OPTS"

if [ -n "$KAFKA_DEBUG" ]; then
  debug="-agentlib:jdwp=transport=dt_socket,server=y,suspend=${DEBUG_SUSPEND_FLAG:-n},address=${JAVA_DEBUG_PORT:-5005}"
  KAFKA_OPTS="${JAVA_DEBUG_OPTS:-$debug} $KAFKA_OPTS"
fi

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true}"

# options of this script come first: the first other word ends them
while [ $# -gt 0 ]; do
  case $1 in
    -name) name=$2; shift 2 ;;
    -loggc) [ -z "$KAFKA_GC_LOG_OPTS" ] && gc=yes; shift ;;
    -daemon) daemon=yes; shift ;;
    *) break ;;
  esac
done
if [ -n "$gc" ]; then
  mkdir -p "$LOG_DIR"
  KAFKA_GC_LOG_OPTS="-Xlog:gc*:file=$LOG_DIR/${name:-kafka}-gc.log:time,tags:filecount=10,filesize=100M"
fi

# the variables hold several words each
# shellcheck disable=SC2086
set -- "$java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_GC_LOG_OPTS $KAFKA_JMX_OPTS $log4j -cp "$CLASSPATH" $KAFKA_OPTS "$@"
if [ -n "$daemon" ]; then
  mkdir -p "$LOG_DIR"
  nohup "$@" >"$LOG_DIR/${name:-kafka}.out" 2>&1 </dev/null &
else
  exec "$@"
fi
