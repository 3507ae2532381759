#!/bin/sh
# Runs one of Kafka's classes, with the options that the official script takes from the environment.
set -eu
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_GC_LOG_OPTS:-} ${KAFKA_OPTS:-} \
    "-Dlog4j2.configurationFile=${KAFKA_LOG4J_FILE:-/opt/kafka/config/tools-log4j2.yaml}" \
    -cp '/opt/kafka/libs/*' "$@"
