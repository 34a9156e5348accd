#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time (default 20s).
set -euo pipefail
cd "$(dirname "$0")/.."
each=${1:-20s}
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go | sed 's/func //' | while read -r target; do
    echo "== $dir $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "$dir"
  done
done
