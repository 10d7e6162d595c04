#!/usr/bin/env bash
# wrangler's custom build: compiles src/ into the Worker in build/. Finds its tools itself and skips what is up to date.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# A checksum of everything that goes into the build. Times would not do: editors and checkouts touch unchanged files.
fingerprint() {
  { find src xtask .cargo -type f -print0; printf '%s\0' Cargo.toml Cargo.lock package-lock.json; } |
    sort -z | xargs -0 cat | cksum
}

now=$(fingerprint)
if [ -e build/index.js ] && [ "$now" = "$(cat build/.fingerprint 2>/dev/null)" ]; then
  exit 0
fi

{ has_node_modules && has_wasm_std; } || scripts/setup.sh
use_own_tools

step "Building the Worker" cargo xtask build
printf '%s' "$now" >build/.fingerprint
