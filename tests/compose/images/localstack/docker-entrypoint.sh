#!/bin/bash
# What the official entry point does: variables lose the prefix LOCALSTACK_, then LocalStack runs.
set -euo pipefail
while IFS='=' read -r name value; do
    case $name in
        LOCALSTACK_HOST*) ;;
        LOCALSTACK_*) export "${name#LOCALSTACK_}=$value" ;;
    esac
done < <(env)
mkdir -p /var/lib/localstack/logs
# shellcheck disable=SC1091  # made when the image is built
source /opt/code/localstack/.venv/bin/activate
exec localstack-supervisor
