#!/usr/bin/env bash
# `npm run check`: every check that does not run the code. With `--fast`, only those that take seconds: format, lints on
# this machine, types.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DENY_VERSION=0.20.2
DENY=.tools/cargo-deny-$DENY_VERSION/bin/cargo-deny

install_deny() {
  [ -x "$DENY" ] && return
  # Unoptimised: it runs for only two seconds, and an optimised build takes five times as long to compile.
  CARGO_PROFILE_DEV_DEBUG=false step "Compiling cargo-deny $DENY_VERSION (once, some minutes)" \
    cargo install cargo-deny --version "=$DENY_VERSION" --locked --debug --no-default-features \
    --root "${DENY%/bin/*}" --target-dir .tools/build
  rm -rf .tools/build
}

# The advisory database is a git repository on GitHub. A machine that cannot reach it runs all other checks.
check_advisories() {
  if ! timeout 60 "$DENY" fetch db >/dev/null 2>&1; then
    say "Advisories: not checked, since the database at github.com/RustSec/advisory-db cannot be reached"
    return
  fi
  step "Advisories" "$DENY" --offline check advisories
}

scripts/setup.sh
use_own_tools

step "Form of the Rust code" cargo fmt --all --check
step "Form of the JavaScript" biome format .
step "Lints of the JavaScript" biome lint
step "Types of the pages" tsc --project jsconfig.json
step "Lints on the host" cargo clippy --quiet --workspace --all-targets -- -D warnings
[ "${1:-}" = --fast ] && exit 0

step "Lints on wasm" cargo clippy --quiet --target "$WASM_TARGET" -- -D warnings
install_deny
# A build fetches the dependencies of this platform only. cargo-deny reads those of every platform.
step "Fetching all dependencies" cargo fetch --locked
step "Licences, sources and duplicates of the dependencies" "$DENY" --offline check licenses bans sources
check_advisories
step "A deployment, without sending it" npm run --silent deploy -- --dry-run
