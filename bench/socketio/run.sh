#!/usr/bin/env bash
# Builds our server and its peers, measures them and writes RESULTS.md.
# Arguments go to the program: bench/socketio/run.sh -rounds 1 -only ours,floor
set -euo pipefail
cd "$(dirname "$0")"
command -v taskset node npm go >/dev/null || { echo "needs taskset (util-linux), node, npm and go"; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "needs two cores: one for the server, one for the generator"; exit 1; }
ulimit -n "$(ulimit -Hn)"
mkdir -p bin
go build -trimpath -o bin/ ./peers/...
go build -trimpath -o bin/bench .
(cd ../.. && go build -trimpath -o bench/socketio/bin/ioserver ./cmd/ioserver)
(cd peers/node && npm ci --ignore-scripts --no-audit --no-fund --silent)
out=(-out RESULTS.md)
[ $# -eq 0 ] || out=()
taskset -c 1 bin/bench "${out[@]}" "$@"
