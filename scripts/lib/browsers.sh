# shellcheck shell=bash
# Chromium and Firefox for tests: Debian's, or those at CHROMIUM_PATH and FIREFOX_PATH. Sourced, not run.

ensure_browsers() {
  local missing=()
  [[ -x ${CHROMIUM_PATH:-/usr/bin/chromium} ]] || missing+=(chromium)
  [[ -x ${FIREFOX_PATH:-/usr/bin/firefox-esr} ]] || missing+=(firefox-esr)
  ((${#missing[@]})) || return 0
  say "Installing browsers for tests (set CHROMIUM_PATH and FIREFOX_PATH to use others)"
  apt_install "${missing[@]}"
}
