#!/usr/bin/env bash
# `npm run format`: gives all code the form that `npm run check` asks for.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

use_own_tools
cargo fmt --all
node scripts/words.js
biome format --write .
