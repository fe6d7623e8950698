# shellcheck shell=bash
# What a person reads while the scripts work. Sourced, not run.

if [[ -t 2 ]]; then
  readonly BOLD=$'\033[1m' RED=$'\033[1;31m' PLAIN=$'\033[0m'
else
  readonly BOLD='' RED='' PLAIN=''
fi

say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }
detail() { printf '    %s\n' "$*" >&2; }

# Ends the script with a message and, below it, what to do about it.
fail() { # message, hint…
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$1" >&2
  shift
  local hint
  for hint in "$@"; do detail "$hint"; done
  exit 1
}

# Runs a command without its output, of which the end is shown when the command fails.
quietly() { # command…
  local output code=0
  output=$(mktemp)
  "$@" >"$output" 2>&1 </dev/null || code=$?
  ((code == 0)) || tail -n 30 "$output" >&2
  rm -f "$output"
  return "$code"
}

need_root_to() { # what it is for, command that a person can run instead
  [[ $EUID -eq 0 ]] || fail "$1 needs root" "Run this script with sudo, or do that part yourself:" "  $2"
}
