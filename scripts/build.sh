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
# Where panics would point to: the same on every machine, and nobody's home.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry"
export ESBUILD_BIN=$PWD/node_modules/.bin/esbuild
# What rustc and wasm-bindgen make use of, and no more: newer encodings are not for every workerd.
FEATURES=(mutable-globals sign-ext nontrapping-float-to-int bulk-memory multivalue reference-types exception-handling)

step "Building the Worker" "$WORKER_BUILD" --release
# More passes would make a smaller file, but a larger one once it is compressed, which is how it travels.
wasm-opt -O1 --strip-debug --strip-producers --strip-target-features "${FEATURES[@]/#/--enable-}" \
  build/index_bg.wasm -o build/index_bg.wasm
printf '%s' "$now" >build/.fingerprint
