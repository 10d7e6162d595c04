#!/usr/bin/env bash
# `npm test`: sets up what is missing and runs every test of the project. What takes long is said at the end.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

timed "Tools, Redis, a browser and the Worker" set_up_tests
# In this shell, too: what was set up may be another compiler.
use_own_tools

timed "Compiling the tests" cargo test --quiet --tests --no-run \
  -p duet -p duet-sealing -p duet-test-support -p duet-api-tests -p xtask
timed "Rust on the host" cargo test --quiet --tests -p duet -p duet-sealing -p xtask
timed "The whole system: 2,000 seeds, stories, and every order of small scenarios" \
  cargo test --quiet --profile simulation -p duet-simulation
timed "The API on both stores" cargo test --quiet --tests -p duet-test-support -p duet-api-tests
timed "The pages' modules and the Worker's shim" node --test --test-reporter=dot 'tests/unit/*.test.js'
timed "What a deployment serves, honest and tampered with" node --test --test-reporter=dot 'tests/deployment/*.test.js'
timed "Two people in browsers, on both stores" playwright test
say "all tests passed in $SECONDS s:"
printf '%s\n' "${TIMES[@]}" | sort -rn >&2
