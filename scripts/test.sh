#!/usr/bin/env bash
# `npm test`: sets up what is missing and runs every test of the project.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

set_up_tests

timed "Rust on the host" cargo test --quiet --tests -p duet -p duet-sealing
timed "Compiling the API tests" cargo test --quiet --tests --no-run -p duet-test-support -p duet-api-tests
timed "The API on both stores" cargo test --quiet --tests -p duet-test-support -p duet-api-tests
timed "The pages' modules" node --test --test-reporter=dot 'tests/unit/*.test.js'
timed "Two people in browsers, on both stores" playwright test
say "all tests passed in $SECONDS s"
