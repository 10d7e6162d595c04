#!/usr/bin/env bash
# `npm run bench`: measures Duet against the bare platform and prints a table. See docs/benchmarks.md for the arguments.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

set_up_tests
# A thousand rooms need two thousand sockets and further files.
ulimit -n "$(ulimit -Hn)"
# Keeps the objects' files in memory: the speed of this machine's disk says nothing about the platform's storage.
[ -w /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}
step "Compiling the benchmark" cargo build --quiet --release -p duet-bench
exec target/release/duet-bench "$@"
