#!/usr/bin/env bash
# Sets up Firefox and WebKit for `npm run test:browsers`, either existing ones or Debian's packages.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

missing=()
command -v "${FIREFOX_BIN:-firefox-esr}" >/dev/null || missing+=(firefox-esr)
command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || missing+=(xvfb)
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] ||
  die "the tests in other browsers need Debian's ${missing[*]}: install them, or name a Firefox in FIREFOX_BIN."
export DEBIAN_FRONTEND=noninteractive
step "Updating Debian's package lists" apt-get update
step "Installing ${missing[*]}" apt-get install -y --no-install-recommends "${missing[@]}"
