#!/usr/bin/env bash
# Makes sure that what the build and the tests need is there: installs it (apt
# as root on Debian or Ubuntu), starts it (docker compose), or takes it from the
# environment. If none works it says what to do and fails; nothing is skipped.
# usage: need.sh go|node|services|faults|power|chromium|interop ...
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'need: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
can_apt() { have apt-get && [ "$(id -u)" = 0 ]; }
apt_install() {
  echo "need: installing $* with apt"
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}
# host and port of a URL such as amqp://user:pass@host:port/path
address() { sed -E 's#^[a-z]+://([^@/]*@)?([^:/?]+)(:([0-9]+))?.*#\2 \4#' <<<"$1"; }
answers() { timeout 2 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }
wait_for() { for _ in $(seq 60); do answers "$1" "$2" && return 0; read -rt 1 <> <(:) || true; done; return 1; }

need_go() { have go || fail "Go 1.26 or newer is needed; install it from go.dev/dl or your packages"; }

need_node() {
  have node || fail "Node 20.19 or newer is needed; install it from nodejs.org or your packages"
  node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' ||
    fail "Node $(node --version) is too old; 20.19 or newer is needed"
}

need_service() { # name url start-command packages...
  local name=$1 url=$2 start=$3 host port; shift 3
  read -r host port <<<"$(address "$url")"
  answers "$host" "$port" && return 0
  if [ "$host" = 127.0.0.1 ] || [ "$host" = localhost ]; then
    if can_apt; then apt_install "$@"; bash -c "$start" || true
    elif have docker && docker compose version >/dev/null 2>&1; then docker compose up -d --wait "$name" || true; fi
    wait_for "$host" "$port" && return 0
  fi
  fail "$name does not answer at $host:$port. Start it, or run 'docker compose up -d', or name another: TEST_AMQP_URL, TEST_POSTGRES_URL"
}

need_services() {
  need_service rabbitmq "${TEST_AMQP_URL:-amqp://guest:guest@127.0.0.1:5672/}" \
    'service rabbitmq-server start || rabbitmq-server -detached' rabbitmq-server
  need_service postgres "${TEST_POSTGRES_URL:-postgres://postgres@127.0.0.1:5432/postgres}" \
    'sed -i -E "s/^(host.*127.0.0.1\/32\s+).*/\1trust/" /etc/postgresql/*/main/pg_hba.conf; service postgresql restart' postgresql
}

# What the tests break, they start themselves: a PostgreSQL, and a disk of a process's own.
need_faults() {
  local initdb=(/usr/lib/postgresql/*/bin/initdb)
  if [ -z "${POSTGRES_BIN:-}" ] && [ ! -x "${initdb[0]}" ]; then
    if can_apt; then apt_install postgresql
    else fail "PostgreSQL's programs are needed, for a server that the tests freeze and kill; install them, or set POSTGRES_BIN to their directory"; fi
  fi
  unshare --mount --map-root-user true 2>/dev/null ||
    fail "the tests of a full disk need a mount namespace: run them as root, or allow unprivileged user namespaces"
}

# The tests of a power cut watch what is written, and when it is synchronised.
need_power() {
  have strace && return 0
  if can_apt; then apt_install strace; have strace && return 0; fi
  fail "strace is needed to see what SQLite writes; install it"
}

need_chromium() {
  [ -n "${CHROMIUM:-}" ] && return 0
  have chromium || have chromium-browser || have google-chrome && return 0
  if can_apt; then apt_install chromium; have chromium && return 0; fi
  fail "Chromium is needed for the browser tests; install it, or set CHROMIUM to its path"
}

need_interop() {
  need_node
  [ -f interop/package-lock.json ] || return 0
  [ interop/node_modules/.package-lock.json -nt interop/package-lock.json ] && return 0
  (cd interop && npm ci --no-audit --no-fund) && touch interop/node_modules/.package-lock.json
}

for what in "$@"; do
  case "$what" in
    go|node|services|faults|power|chromium|interop) "need_$what" ;;
    *) fail "unknown need: $what" ;;
  esac
done
