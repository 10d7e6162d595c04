#!/usr/bin/env bash
# wrangler's custom build: the Worker, from src/ into build/. Finds its tools by itself, and skips what is up to date.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What the build is made of, as one checksum: editors and checkouts touch files without changing them.
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
