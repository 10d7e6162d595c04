#!/usr/bin/env bash
# `npm test`: sets up what is missing and runs the tests, except for other browsers (`npm run test:browsers`), the
# package (`npm run test:package`) and the long ones (`npm run abuse`). Prints at the end how long the steps took.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HOST_PACKAGES=(-p duet -p duet-sealing)
API_PACKAGES=(-p duet-test-support -p duet-api-tests)

compile_tests() {
  cargo test --quiet --tests --no-run "${HOST_PACKAGES[@]}" "${API_PACKAGES[@]}"
  cargo test --quiet --no-run --profile xtask -p xtask
  cargo build --quiet --bins -p duet-test-support -p duet-peer
  cargo test --quiet --no-run --profile simulation -p duet-simulation
}

timed "Tools, Redis, a browser and the Worker" set_up_tests
# Repeated in this shell, because the setup may have installed another compiler.
use_own_tools

timed "Compiling the tests" compile_tests
timed "Rust on the host" cargo test --quiet --tests "${HOST_PACKAGES[@]}"
timed "The build tool" cargo test --quiet --profile xtask -p xtask
timed "The whole system: 2,000 seeds, stories, and every order of small scenarios" \
  cargo test --quiet --profile simulation -p duet-simulation
timed "The API on both stores" cargo test --quiet --tests "${API_PACKAGES[@]}"
timed "The pages' modules and the Worker's shim" node --test --test-reporter=dot 'tests/unit/*.test.js'
timed "What a deployment serves, honest and tampered with" node --test --test-reporter=dot 'tests/deployment/*.test.js'
timed "Two people in browsers, on both stores" playwright test
say "all tests passed in $SECONDS s:"
printf '%s\n' "${TIMES[@]}" | sort -rn >&2
