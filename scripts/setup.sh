#!/usr/bin/env bash
# Sets up everything that `npm start` needs. Does nothing where nothing is missing, and can be interrupted.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require() {
  command -v "$1" >/dev/null || die "$1 is missing: $2"
}

check_prerequisites() {
  require cargo "install Rust 1.95 or newer, https://rustup.rs."
  require rustc "install Rust 1.95 or newer, https://rustup.rs."
  require cc "install a C compiler, for example Debian's package build-essential."
  require node "install Node.js 20 or newer, https://nodejs.org."
  require npm "install npm, it comes with Node.js, https://nodejs.org."
  [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || die "Node.js is older than 20: install a newer one, https://nodejs.org."
}

# wrangler wants a newer Node than many machines have; the package `node` brings one along. Not `npm ci`: that stops where
# the lock file does not name workerd for every platform, and it can only name those that its registry had.
install_node_modules() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  step "Installing wrangler and its Node.js" npm install --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

# cargo_tool CRATE VERSION BINARY [OPTION...]: a tool in exactly this version, beside other versions of it.
cargo_tool() {
  local crate=$1 version=$2 binary=$3 root=.tools/$1-$2
  shift 3
  [ -x "$root/bin/$binary" ] && return
  step "Compiling $crate $version (once, some minutes)" \
    cargo install "$crate" --version "=$version" --root "$root" --target-dir .tools/build "$@"
}

install_build_tools() {
  cargo_tool worker-build "$WORKER_BUILD_VERSION" worker-build --locked
  cargo_tool wasm-bindgen-cli "$(locked_version wasm-bindgen)" wasm-bindgen
  rm -rf .tools/build
}

check_prerequisites
install_node_modules
has_wasm_std || scripts/wasm-target.sh
install_build_tools
