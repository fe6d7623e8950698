# shellcheck shell=bash
# Chromium and Firefox to test with. Sourced, not run.

ensure_browsers() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v firefox-esr >/dev/null || missing+=(firefox-esr)
  ((${#missing[@]})) || return 0
  say "Installing browsers to test with"
  apt_install "${missing[@]}"
}
