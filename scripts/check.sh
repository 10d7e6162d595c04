#!/usr/bin/env bash
# `npm run check`: everything that can be said of the code without running it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh
use_own_tools

step "Formatting" cargo fmt --all --check
step "Lints on the host" cargo clippy --quiet --workspace --all-targets -- -D warnings
step "Lints on wasm" cargo clippy --quiet --target "$WASM_TARGET" -- -D warnings
step "Types of the pages" tsc --project jsconfig.json
step "Licences of the dependencies" node scripts/check-licences.js
step "A deployment, without sending it" wrangler deploy --dry-run
