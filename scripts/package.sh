#!/usr/bin/env bash
# `npm run package`: makes dist/duet-<version>.tgz, which needs no Rust, and its SHA-256 checksums. See docs/verify.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh
use_own_tools
reference=$(sed -n 's/^reference-rustc = "\(.*\)"/\1/p' Cargo.toml)
used=$(rustc --version | cut -d' ' -f2)
[ "$used" = "$reference" ] ||
  say "this is Rust $used: the bytes will differ from those of Rust $reference, the reference."
scripts/build.sh
exec node scripts/package.js
