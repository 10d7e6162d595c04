#!/usr/bin/env bash
# Installs Rust's standard library for wasm with rustup. If rustup is missing or cannot download, set
# `DUET_WASM_TARGET=debian` to build it from Debian's packages; only then is anything installed or deleted.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

by_rustup() {
  command -v rustup >/dev/null && step "Adding the target $WASM_TARGET" rustup target add "$WASM_TARGET"
}

build_std() {
  local work
  work=$(mktemp -d)
  (
    cd "$work"
    cargo init --quiet --lib --name std_carrier .
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --release \
      -Zbuild-std=std,panic_abort --target "$WASM_TARGET"
    rm -f "target/$WASM_TARGET/release/deps/"libstd_carrier-*
    libdir=$(/usr/bin/rustc --target "$WASM_TARGET" --print target-libdir)
    mkdir -p "$libdir"
    cp "target/$WASM_TARGET/release/deps/"*.rlib "$libdir"
  )
  rm -rf "$work"
}

by_debian() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || die "DUET_WASM_TARGET=debian needs Debian and root."
  step "Updating Debian's package lists" apt-get update
  step "Installing Debian's Rust with its source" apt-get install -y --no-install-recommends \
    rustc-web cargo-web rust-web-src lld-22 rust-web-llvm
  step "Building Rust's standard library for wasm" build_std
  # Output of another compiler does not fit.
  rm -rf target
  mkdir -p .tools
  touch .tools/debian-rust
}

if [ "${DUET_WASM_TARGET:-}" = debian ]; then
  by_debian
else
  # In a subshell, because `step` exits on failure and another sentence has to follow.
  (by_rustup) || die "the Rust target $WASM_TARGET is missing: \
install it with rustup, or run this once as root on Debian with DUET_WASM_TARGET=debian, which installs Debian's Rust."
fi
