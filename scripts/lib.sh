# What the other scripts share. Sourced, never run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WASM_TARGET=wasm32-unknown-unknown

export WRANGLER_SEND_METRICS=false
# wrangler dev would write down every event and statement of every room, and take most of the time for it.
export X_LOCAL_OBSERVABILITY=false
# wrangler is ten megabytes of JavaScript, which Node need not compile anew each time.
export NODE_COMPILE_CACHE=$PWD/.tools/node-cache

say() { printf 'duet: %s\n' "$*" >&2; }

die() {
  printf 'duet: %s\n' "$*" >&2
  exit 1
}

# step WHAT COMMAND...: runs the command and says how long it took. What it prints is shown only if it fails.
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

# What `timed` timed, a line each.
TIMES=()

# timed WHAT COMMAND...: the command with its output, and how long it took.
timed() {
  local what=$1 started=$SECONDS
  shift
  say "$what …"
  "$@"
  TIMES+=("$(printf '%6d s  %s' $((SECONDS - started)) "$what")")
  say "$what: done in $((SECONDS - started)) s"
}

has_node_modules() { [ -e node_modules/.package-lock.json ] && ! [ package-lock.json -nt node_modules/.package-lock.json ]; }

has_wasm_std() {
  compgen -G "$(rustc --print target-libdir --target "$WASM_TARGET" 2>/dev/null)/libstd-*.rlib" >/dev/null
}

# The project's own Node.js and wrangler first; and Debian's compiler, once scripts/wasm-target.sh has set it up.
use_own_tools() {
  if [ -e .tools/debian-rust ]; then
    export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc
  fi
  export PATH="$PWD/node_modules/.bin:$PATH"
}

# All that a run of the tests, or a measurement, needs: the tools, Redis and a browser, and the Worker as it is now.
set_up_tests() {
  scripts/setup.sh
  use_own_tools
  scripts/setup-tests.sh
  scripts/build.sh
}
use_own_tools
