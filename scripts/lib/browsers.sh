# shellcheck shell=bash
# Chromium and Firefox to test with: Debian's, or those that CHROMIUM_PATH and FIREFOX_PATH name. Sourced, not run.

ensure_browsers() {
  local missing=()
  [[ -x ${CHROMIUM_PATH:-/usr/bin/chromium} ]] || missing+=(chromium)
  [[ -x ${FIREFOX_PATH:-/usr/bin/firefox-esr} ]] || missing+=(firefox-esr)
  ((${#missing[@]})) || return 0
  say "Installing browsers to test with (CHROMIUM_PATH and FIREFOX_PATH would name others)"
  apt_install "${missing[@]}"
}
