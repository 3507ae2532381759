#!/bin/bash
# What the official image does with MYSQL_ROOT_PASSWORD: the first start makes the data directory,
# and users by a server that listens on its socket only; then the real one runs.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- mysqld "$@"
if [ "$1" != mysqld ] || [ -d /var/lib/mysql/mysql ]; then
    exec "$@"
fi
: "${MYSQL_ROOT_PASSWORD:?give the password of root for the first start}"
socket=/var/run/mysqld/mysqld.sock
"$@" --initialize-insecure --default-time-zone=SYSTEM
"$@" --daemonize --skip-networking --default-time-zone=SYSTEM --socket="$socket"
mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null \
    | mysql --socket="$socket" --user=root --database=mysql
mysql --socket="$socket" --user=root <<SQL
SET @@SESSION.SQL_LOG_BIN = 0;
ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';
CREATE USER 'root'@'${MYSQL_ROOT_HOST:-%}' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';
GRANT ALL ON *.* TO 'root'@'${MYSQL_ROOT_HOST:-%}' WITH GRANT OPTION;
SQL
MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysqladmin --socket="$socket" --user=root shutdown
exec "$@"
