#!/usr/bin/env bash
# wrangler's custom build: the Worker, from src/ into build/. Finds its tools by itself, and skips what is up to date.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What the build is made of, as one checksum: editors and checkouts touch files without changing them.
fingerprint() {
  { find src .cargo -type f -print0; printf '%s\0' Cargo.toml Cargo.lock scripts/lib.sh scripts/build.sh; } |
    sort -z | xargs -0 cat | cksum
}

now=$(fingerprint)
if [ -e build/index.js ] && [ "$now" = "$(cat build/.fingerprint 2>/dev/null)" ]; then
  exit 0
fi

[ -x "$WORKER_BUILD" ] && has_wasm_std || scripts/setup.sh
use_own_tools

export WASM_BINDGEN_BIN=$PWD/.tools/wasm-bindgen-cli-$(locked_version wasm-bindgen)/bin/wasm-bindgen
export WASM_OPT_BIN=$PWD/node_modules/.bin/wasm-opt
export ESBUILD_BIN=$PWD/node_modules/.bin/esbuild
step "Building the Worker" "$WORKER_BUILD" --release
printf '%s' "$now" >build/.fingerprint
