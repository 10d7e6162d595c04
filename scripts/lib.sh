# Shared by the other scripts. Sourced, never run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WASM_TARGET=wasm32-unknown-unknown

export WRANGLER_SEND_METRICS=false
# wrangler dev would record every event and statement of every room, which takes most of the time for it.
export X_LOCAL_OBSERVABILITY=false
# Caches compiled JavaScript: wrangler has ten megabytes of it, which Node would compile at each start.
export NODE_COMPILE_CACHE=$PWD/.tools/node-cache

say() { printf 'duet: %s\n' "$*" >&2; }

die() {
  printf 'duet: %s\n' "$*" >&2
  exit 1
}

# step WHAT COMMAND...: runs the command and prints how long it took. Its output is shown only if it fails.
step() {
  local what=$1 started=$SECONDS log
  shift
  log=$(mktemp)
  say "$what …"
  if ! "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    die "$what: failed. Run the same command again to go on from here."
  fi
  rm -f "$log"
  say "$what: done in $((SECONDS - started)) s"
}

# One line for each command that `timed` ran.
TIMES=()

# timed WHAT COMMAND...: runs the command, shows its output and records how long it took.
timed() {
  local what=$1 started=$SECONDS
  shift
  say "$what …"
  "$@"
  TIMES+=("$(printf '%6d s  %s' $((SECONDS - started)) "$what")")
  say "$what: done in $((SECONDS - started)) s"
}

# install_debian_packages OTHERWISE PACKAGE...: does nothing without packages. OTHERWISE is what else a person can do.
install_debian_packages() {
  local otherwise=$1
  shift
  [ $# -eq 0 ] && return
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || die "the tests need $*: install it, $otherwise"
  export DEBIAN_FRONTEND=noninteractive
  step "Updating Debian's package lists" apt-get update
  step "Installing $*" apt-get install -y --no-install-recommends "$@"
}

has_node_modules() {
  [ -e node_modules/.package-lock.json ] && ! [ package-lock.json -nt node_modules/.package-lock.json ]
}

has_wasm_std() {
  compgen -G "$(rustc --print target-libdir --target "$WASM_TARGET" 2>/dev/null)/libstd-*.rlib" >/dev/null
}

# Puts the project's own Node.js and wrangler first, and Debian's compiler if scripts/wasm-target.sh has set it up.
use_own_tools() {
  if [ -e .tools/debian-rust ]; then
    export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc
  fi
  export PATH="$PWD/node_modules/.bin:$PATH"
}

# Sets up everything that the tests and measurements need: tools, Redis, a browser and the built Worker.
set_up_tests() {
  scripts/setup.sh
  use_own_tools
  scripts/setup-tests.sh
  scripts/build.sh
}
use_own_tools
