#!/usr/bin/env bash
# Sets up everything that `npm start` needs. Does nothing if nothing is missing, and can be interrupted at any time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUST_VERSION=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

require() {
  command -v "$1" >/dev/null || die "$1 is missing: $2"
}

# is_at_least LEAST VERSION
is_at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

check_prerequisites() {
  require cargo "install Rust $RUST_VERSION or newer, https://rustup.rs."
  require rustc "install Rust $RUST_VERSION or newer, https://rustup.rs."
  require cc "install a C compiler, for example Debian's package build-essential."
  require node "install Node.js 20 or newer, https://nodejs.org."
  require npm "install npm, it comes with Node.js, https://nodejs.org."
  [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] ||
    die "Node.js is older than 20: install a newer one, https://nodejs.org."
  is_at_least "$RUST_VERSION" "$(rustc --version | cut -d' ' -f2)" ||
    die "Rust is older than $RUST_VERSION: run 'rustup update'."
}

# The package `node` provides the newer Node.js that wrangler needs. Not `npm ci`, which would reinstall everything at
# each change of the lock file.
install_node_modules() {
  has_node_modules && return
  # npm mostly waits for the network, so the compiler starts meanwhile. If it fails, the build fails again and says why.
  cargo build --quiet --profile xtask --package xtask >/dev/null 2>&1 </dev/null &
  local compiler=$!
  trap "kill $compiler 2>/dev/null" EXIT
  step "Installing wrangler and its Node.js" npm install --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
  wait "$compiler" || true
  trap - EXIT
}

check_prerequisites
install_node_modules
has_wasm_std || scripts/wasm-target.sh
