#!/bin/bash
# What the official image does with POSTGRES_PASSWORD: the first start makes the data directory and
# lets everybody in who has the password of the superuser; then the server runs.
set -euo pipefail
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    : "${POSTGRES_PASSWORD:?give the password of postgres for the first start}"
    chmod 700 "$PGDATA"
    # shellcheck disable=SC2086  # the arguments are words
    initdb --username=postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "$PGDATA/postgresql.conf"
fi
exec "$@"
