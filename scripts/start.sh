#!/usr/bin/env bash
# `npm start`: sets up what is missing and serves the app on this machine. Arguments are passed to `wrangler dev`.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh
use_own_tools
scripts/build.sh
say "starting; the address comes at the end, Ctrl+C stops"
exec wrangler dev --show-interactive-dev-session=false "$@"
