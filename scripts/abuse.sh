#!/usr/bin/env bash
# `npm run abuse`: the tests that take too long for `npm test`. More random inputs, frames and races;
# crowds; and every request that the OpenAPI description allows.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

set_up_tests
# A thousand sockets need file descriptors in the test, in the Worker and in the proxy before it.
ulimit -n "$(ulimit -Hn)"

timed "A thousand inputs for every property" env PROPTEST_CASES=1000 cargo test --quiet -p duet proptests
timed "The whole system under 200,000 seeds" \
  env DUET_SEEDS=200000 cargo test --quiet --profile simulation -p duet-simulation --test seeds
timed "Every order of small scenarios, with every loss of memory after every step" \
  env DUET_EXPLORE=large cargo test --quiet --profile simulation -p duet-simulation --test exhaustive
timed "Deliberate defects, each of which the simulation has to find" \
  cargo test --quiet --profile simulation -p duet-simulation --test defects -- --ignored --nocapture
timed "A million conversations through a dishonest relay" \
  env PROPTEST_CASES=1000000 cargo test --quiet --profile simulation -p duet-sealing --test relay nothing_false
timed "Nonsense in frames, bodies and queries" env DUET_ROUNDS=10 cargo test --quiet -p duet-api-tests -- fuzz
timed "A thousand races, half of them between a send and the end of its room" \
  env DUET_ROUNDS=50 cargo test --quiet -p duet-api-tests -- races
timed "A crowd" cargo test --quiet -p duet-api-tests -- --ignored embedded::crowds --test-threads=1
# Each room is a file, and the speed of this machine's disk says nothing about the platform's storage.
[ -w /dev/shm ] && export TMPDIR=${TMPDIR:-/dev/shm}
timed "Strangers with bad intentions, beside the bare platform" cargo run --quiet -p duet-hostile
timed "Requests made up from the OpenAPI description" scripts/fuzz.sh
say "nothing gave way in $SECONDS s"
