#!/usr/bin/env bash
# `npm test`: sets up what is missing and runs every test of the project. Prints at the end how long the steps took.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

HOST_PACKAGES=(-p duet -p duet-sealing -p xtask)
API_PACKAGES=(-p duet-test-support -p duet-api-tests)

compile_tests() {
  cargo test --quiet --tests --no-run "${HOST_PACKAGES[@]}" "${API_PACKAGES[@]}"
  cargo build --quiet --bins -p duet-test-support -p duet-peer
  cargo test --quiet --no-run --profile simulation -p duet-simulation
}

# Compiles the tests in parallel: the last step of the Worker's build keeps only one processor busy.
set_up_and_compile() {
  # First, because it may install the compiler that the tests need, too.
  scripts/setup.sh
  use_own_tools
  compile_tests &
  local compiling=$!
  set_up_tests
  wait "$compiling"
}

timed "Tools, Redis, a browser, the Worker and the tests" set_up_and_compile
# Repeated in this shell, because the setup may have installed another compiler.
use_own_tools

# The API's tests mostly wait, so the tests that compute run beside them.
api_log=$(mktemp)
say "The API on both stores, in the background …"
cargo test --quiet --tests "${API_PACKAGES[@]}" >"$api_log" 2>&1 &
api=$!
timed "Rust on the host" cargo test --quiet --tests "${HOST_PACKAGES[@]}"
timed "The whole system: 2,000 seeds, stories, and every order of small scenarios" \
  cargo test --quiet --profile simulation -p duet-simulation
timed "The pages' modules and the Worker's shim" node --test --test-reporter=dot 'tests/unit/*.test.js'
timed "The API on both stores: the rest of it" wait "$api" || {
  cat "$api_log" >&2
  die "the tests of the API failed"
}
rm -f "$api_log"
timed "What a deployment serves, honest and tampered with" node --test --test-reporter=dot 'tests/deployment/*.test.js'
timed "Two people in browsers, on both stores" playwright test
say "all tests passed in $SECONDS s:"
printf '%s\n' "${TIMES[@]}" | sort -rn >&2
