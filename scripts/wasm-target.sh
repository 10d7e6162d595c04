#!/usr/bin/env bash
# Gives the Rust compiler its standard library for wasm by rustup. Where rustup is missing or may not download,
# `DUET_WASM_TARGET=debian` builds it from Debian's packages instead; only then anything is installed or deleted.
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
  # Another compiler than before: what it built earlier does not fit.
  rm -rf target
  mkdir -p .tools
  touch .tools/debian-rust
}

if [ "${DUET_WASM_TARGET:-}" = debian ]; then
  by_debian
else
  # In a subshell: `step` ends the script where it fails, and here is one more sentence to say.
  (by_rustup) || die "the Rust target $WASM_TARGET is missing: \
install it with rustup, or run this once as root on Debian with DUET_WASM_TARGET=debian, which installs Debian's Rust."
fi
