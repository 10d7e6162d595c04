#!/usr/bin/env bash
# `npm run format`: formats all code as `npm run check` requires it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

use_own_tools
cargo fmt --all
node scripts/words.js
biome format --write .
