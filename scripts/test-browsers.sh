#!/usr/bin/env bash
# `npm run test:browsers`: the core journeys in Firefox and WebKit, and between two engines.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

set_up_tests
scripts/setup-browsers.sh
# Repeated in this shell, because the setup may have installed another compiler.
use_own_tools
step "Compiling what serves the pages" cargo build --quiet -p duet-test-support --bin duet-stack
timed "Two people in Chromium, Firefox and WebKit" \
  node --test --test-concurrency=1 --test-reporter=spec 'tests/engines/*.test.js'
say "all journeys passed in $SECONDS s"
