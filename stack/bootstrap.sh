#!/bin/sh
# Prepares this checkout on a bare Debian machine: system packages, Python 3.13, the .venv, and the
# environments of LocalStack and of the notebook. Whoever runs it needs no right, unless a system
# package is missing.
#
#   stack/bootstrap.sh          everything that the local stack needs
#   stack/bootstrap.sh python   only what the Python environment needs (lint, unit tests)
#   stack/bootstrap.sh notebook the Python environment, and Jupyter beside it
#
# Does only what is missing, so that it can run before every target of the Makefile.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
scope=${1:-all}
uv_version=0.13.9
python_version=3.13
packages=lib/python$python_version/site-packages
venv=$root/.venv
stamp=$venv/.requirements.sha256
notebook=$root/.stack/lib/notebook
notebook_stamp=$notebook/.requirements.sha256
pythons=$root/.stack/lib/python
uv_venv=$root/.stack/lib/uv
localstack=$root/.stack/lib/localstack
localstack_stamp=$localstack/.requirements.sha256
log=$root/.stack/bootstrap.log
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
UV_LINK_MODE=copy # uv's cache may be on another disk
export PATH UV_LINK_MODE

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}

# step TITLE COMMAND...: one line on the terminal; the command's output goes to the log. Where it
# fails, $advice says what to do.
step() {
    title=$1
    shift
    printf '  %-50s ' "$title"
    started=$(date +%s)
    if "$@" >>"$log" 2>&1; then
        printf 'ok (%s s)\n' "$(($(date +%s) - started))"
    else
        printf 'failed\n\n'
        tail -n 20 "$log" >&2
        fail "'$title' failed${advice:+: $advice}; the whole output is in $log"
    fi
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# ---------------------------------------------------------------- Python

is_python() {
    [ "$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$python_version" ]
}

# Prints a Python of the right version that really runs (a pyenv shim may exist and fail).
find_python() {
    for candidate in "python$python_version" python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/$python_version"*/bin/python \
        "$HOME/.pyenv/versions/$python_version"*/bin/python \
        "$pythons/cpython-$python_version"*/bin/python; do
        if is_python "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    have uv && uv python find "$python_version" 2>/dev/null
}

create_uv_venv() {
    python3 -m venv --clear "$uv_venv" \
        && "$uv_venv/bin/python" -m pip install --quiet "uv==$uv_version"
}

# Any Python gets uv, and uv gets the right Python: Debian 12, for one, has no package of it.
bring_python() {
    advice="install Python $python_version with your system's packages or with pyenv"
    if ! have uv; then
        [ -x "$uv_venv/bin/uv" ] \
            || step "uv $uv_version, to get Python $python_version by" create_uv_venv
        PATH=$PATH:$uv_venv/bin
    fi
    step "Python $python_version by uv, into .stack" \
        env UV_PYTHON_INSTALL_DIR="$pythons" UV_PYTHON_INSTALL_BIN=0 \
        uv python install "$python_version"
    advice=
}

venv_is_current() {
    is_python "$venv/bin/python" && [ -x "$venv/bin/uv" ] && [ -f "$stamp" ] \
        && sha256sum --check --status "$stamp" 2>/dev/null
}

create_venv() {
    "$1" -m venv --clear "$venv"
}

install_uv() {
    "$venv/bin/python" -m pip install --quiet "uv==$uv_version"
}

# A sync takes away what is not in requirements.lock: the library comes after it, in place.
sync_venv() {
    "$venv/bin/uv" pip sync --python "$venv/bin/python" --require-hashes \
        "$root/requirements.lock" \
        && "$venv/bin/uv" pip install --python "$venv/bin/python" --no-deps --no-build-isolation \
            --editable "$root" \
        && sha256sum "$root/requirements.lock" "$root/pyproject.toml" >"$stamp"
}

ensure_venv() {
    venv_is_current && return 0
    if ! is_python "$venv/bin/python"; then
        python=$(find_python) || { bring_python && python=$(find_python); }
        step "Virtual environment (Python $python_version)" create_venv "$python"
    fi
    [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$uv_version" ] \
        || step "uv $uv_version" install_uv
    step 'Python packages of requirements.lock' sync_venv
}

# What Jupyter brings would change how the project's own packages work (jsonschema becomes slow), so
# it has an environment of its own, which finds the project's packages after its own.
create_notebook() {
    "$venv/bin/uv" venv --clear --python "$venv/bin/python" "$notebook"
}

# Matplotlib looks for the machine's fonts when it is first used, and complains when that takes long.
sync_notebook() {
    "$venv/bin/uv" pip sync --python "$notebook/bin/python" --require-hashes \
        "$root/requirements-notebook.lock" \
        && printf '%s\n' "$venv/$packages" "$root/include" >"$notebook/$packages/dataflow360.pth" \
        && "$notebook/bin/python" -c 'import matplotlib.font_manager' \
        && sha256sum "$root/requirements-notebook.lock" >"$notebook_stamp"
}

ensure_notebook() {
    if ! is_python "$notebook/bin/python"; then
        step "The notebook's environment" create_notebook
    elif [ -f "$notebook_stamp" ] && sha256sum --check --status "$notebook_stamp" 2>/dev/null; then
        return 0
    fi
    step 'Python packages of requirements-notebook.lock' sync_notebook
}

# LocalStack wants older packages than Airflow does, so it has an environment of its own.
create_localstack() {
    "$venv/bin/uv" venv --clear --python "$venv/bin/python" "$localstack"
}

sync_localstack() {
    "$venv/bin/uv" pip sync --python "$localstack/bin/python" --require-hashes \
        "$root/requirements-localstack.lock" \
        && sha256sum "$root/requirements-localstack.lock" >"$localstack_stamp"
}

ensure_localstack() {
    if ! is_python "$localstack/bin/python"; then
        step "LocalStack's environment" create_localstack
    elif [ -f "$localstack_stamp" ] && sha256sum --check --status "$localstack_stamp" 2>/dev/null; then
        return 0
    fi
    step 'Python packages of requirements-localstack.lock' sync_localstack
}

# ---------------------------------------------------------------- system packages

have_postgres() {
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] && return 0
    done
    return 1
}

have_java() {
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    version=$("$java" -XX:-UsePerfData -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') || return 1
    [ -n "$version" ] && [ "$version" -ge 17 ]
}

have_aws() {
    [ -x /usr/bin/aws ] || { have aws && aws --version 2>/dev/null | grep -q '^aws-cli/2'; }
}

have_eatmydata() {
    for library in /usr/lib/*/libeatmydata.so; do
        [ -f "$library" ] && return 0
    done
    return 1
}

have_mysql_headers() {
    have pkg-config || return 1
    pkg-config --exists mysqlclient || pkg-config --exists libmariadb || pkg-config --exists mariadb
}

# Prints the Debian packages whose programs are not there.
missing_packages() {
    if ! venv_is_current; then
        have cc || echo gcc libc6-dev
        have pkg-config || echo pkg-config
        have_mysql_headers || echo libmariadb-dev
        if python=$(find_python); then
            "$python" -c 'import ensurepip' 2>/dev/null || echo "python$python_version-venv"
        elif ! have uv; then
            python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
        fi
    fi
    [ "$scope" = all ] || return 0
    { have mariadbd && have mariadb-install-db; } || echo mariadb-server-core
    have mariadb || echo mariadb-client-core
    { have redis-server && have redis-cli; } || echo redis-server
    have_postgres || echo postgresql
    have_java || echo default-jre-headless
    have mvn || echo maven
    have_eatmydata || echo libeatmydata1
    have node || echo nodejs
    have npm || echo npm
    have_aws || echo awscli
    { [ -x /usr/bin/chromium ] && [ -x /usr/bin/chromedriver ]; } || echo chromium chromium-driver
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs packages without letting them start a service, now or at the next boot.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    placed=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        placed=yes
    fi
    status=0
    { as_root apt-get update -q \
        && as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends --no-remove "$@"; } || status=$?
    if [ "$placed" = yes ]; then
        as_root rm -f "$policy"
    fi
    if [ "$status" = 0 ] && [ -d /run/systemd/system ]; then
        for package in "$@"; do
            case $package in
                redis-server | postgresql) as_root systemctl disable --now "$package" || status=$? ;;
            esac
        done
    fi
    return "$status"
}

ensure_packages() {
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    have apt-get || fail "these programs are missing and this system has no apt: $missing\
(Debian's names); install them, or use Docker: docker compose up"
    [ "$(id -u)" = 0 ] || have sudo || fail "installing $missing needs root or sudo"
    # shellcheck disable=SC2086  # the packages are words
    step "Debian packages: ${missing% }" install_packages $missing
}

# ----------------------------------------------------------------

case $scope in
    all | python | notebook) ;;
    *) fail "unknown scope '$scope': give none, 'python' or 'notebook'" ;;
esac
mkdir -p "$root/.stack"
if have flock; then
    exec 9>"$root/.stack/bootstrap.lock"
    flock 9
fi
ensure_packages
ensure_venv
case $scope in
    all) ensure_localstack ;;
    notebook) ensure_notebook ;;
esac
