#!/usr/bin/env bash
# `npm run pictures`: makes the README's pictures and the app's icons again from the running product.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

set_up_tests
step "Taking pictures" node scripts/pictures.js
