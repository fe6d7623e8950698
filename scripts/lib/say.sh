# shellcheck shell=bash
# What a person reads while the scripts work. Sourced, not run.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
detail() { printf '    %s\n' "$*" >&2; }
fail() {
  printf '\033[1;31merror:\033[0m %s\n' "$1" >&2
  shift
  for hint in "$@"; do detail "$hint"; done
  exit 1
}

# Runs a command quietly; what it printed is shown only when it fails.
quietly() {
  local output
  output=$(mktemp)
  if ! "$@" >"$output" 2>&1; then
    tail -n 30 "$output" >&2
    rm -f "$output"
    return 1
  fi
  rm -f "$output"
}

need_root_to() { # what it is for, command that a person can run instead
  [[ $EUID -eq 0 ]] || fail "$1 needs root" "Run this script again with sudo, or run:" "  $2"
}
