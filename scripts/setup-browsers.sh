#!/usr/bin/env bash
# Sets up Firefox and WebKit for `npm run test:browsers`, either existing ones or Debian's packages.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

missing=()
command -v "${FIREFOX_BIN:-firefox-esr}" >/dev/null || missing+=(firefox-esr)
command -v WebKitWebDriver >/dev/null || missing+=(webkit2gtk-driver)
command -v Xvfb >/dev/null || missing+=(xvfb)
install_debian_packages "or name a Firefox in FIREFOX_BIN." "${missing[@]}"
