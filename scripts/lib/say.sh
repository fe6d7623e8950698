# shellcheck shell=bash
# Messages of the scripts to the user. Sourced, not run.

if [[ -t 2 ]]; then
  readonly BOLD=$'\033[1m' RED=$'\033[1;31m' PLAIN=$'\033[0m'
else
  readonly BOLD='' RED='' PLAIN=''
fi

say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }
detail() { printf '    %s\n' "$*" >&2; }

# Ends the script with an error message, and hints below it.
fail() { # message, hint…
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$1" >&2
  shift
  local hint
  for hint in "$@"; do detail "$hint"; done
  exit 1
}

# Runs a command and hides its output. If it fails, shows the end of the output.
quietly() { # command…
  local output code=0
  output=$(mktemp)
  "$@" >"$output" 2>&1 </dev/null || code=$?
  ((code == 0)) || tail -n 30 "$output" >&2
  rm -f "$output"
  return "$code"
}

need_root_to() { # purpose, command that the user can run instead
  [[ $EUID -eq 0 ]] || fail "$1 needs root" "Run this script with sudo, or run this command yourself:" "  $2"
}
