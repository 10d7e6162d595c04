#!/usr/bin/env bash
# Sets up what only the tests need: a redis-server and a Chromium, either existing ones or Debian's packages.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

find_chromium() {
  local name
  for name in "${CHROMIUM_BIN:-}" chromium-headless-shell chromium chromium-browser \
    google-chrome google-chrome-stable; do
    [ -n "$name" ] && command -v "$name" >/dev/null && return
  done
  return 1
}

missing=()
command -v "${REDIS_SERVER:-redis-server}" >/dev/null || missing+=(redis-server)
find_chromium || missing+=(chromium-headless-shell)
install_debian_packages "or name it in REDIS_SERVER or CHROMIUM_BIN." "${missing[@]}"
