#!/usr/bin/env bash
# Runs this checkout's command `duet`, after setting up what it needs.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh
use_own_tools
exec node scripts/cli/duet.js "$@"
