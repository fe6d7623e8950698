# shellcheck shell=bash
# Secrets that the bundle needs if other hosts can reach it: created once, and stored in .env. Sourced, not run.

readonly DEFAULT_API_KEY=00000000-0000-4000-8000-000000000000
readonly TOKEN_BYTES=32

ensure_secrets() {
  [[ $(setting BIND_ADDRESS) =~ ^((127\.[0-9.]*|::1|\[::1\]|localhost)(,|$))*$ ]] && return
  local key
  key=$(setting SKYWAY_API_KEY)
  [[ -n $(setting API_TOKEN) ]] || save_setting API_TOKEN "$(random_token)" "The token for the API and the console."
  [[ -n $key && $key != "$DEFAULT_API_KEY" ]] ||
    save_setting SKYWAY_API_KEY "$(</proc/sys/kernel/random/uuid)" "The API key for pages."
}

# Prints where the token is, not its value: others may see the screen or the log.
how_to_log_in() {
  [[ -z $(setting API_TOKEN) ]] || printf '    Log in        with the value of API_TOKEN in .env\n '
}

# The value of a variable, with the environment and .env applied.
setting() { # name
  docker compose config | awk -v name="$1:" '$1 == name { gsub(/^"|"$/, "", $2); print $2; exit }'
}

random_token() { head --bytes="$TOKEN_BYTES" /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'; }

save_setting() { # name, value, description
  say "Creating $1, and storing it in .env"
  touch .env
  chmod go= .env
  [[ -z $(tail --bytes=1 .env) ]] || echo >>.env
  printf '\n# %s\n%s=%s\n' "$3" "$1" "$2" >>.env
}
