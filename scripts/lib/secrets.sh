# shellcheck shell=bash
# Secrets that a bundle needs as soon as others can reach it: made once, and kept in .env. Sourced, not run.

readonly DEFAULT_API_KEY=00000000-0000-4000-8000-000000000000
readonly TOKEN_BYTES=32

ensure_secrets() {
  [[ $(setting BIND_ADDRESS) =~ ^((127\.[0-9.]*|::1|\[::1\]|localhost)(,|$))*$ ]] && return
  local key
  key=$(setting SKYWAY_API_KEY)
  [[ -n $(setting API_TOKEN) ]] || keep_setting API_TOKEN "$(random_token)" "What the API and the console ask for."
  [[ -n $key && $key != "$DEFAULT_API_KEY" ]] ||
    keep_setting SKYWAY_API_KEY "$(</proc/sys/kernel/random/uuid)" "The API key that pages use."
}

# Tells where the token is, not what it is: this may be read over a shoulder, or kept in a log.
how_to_log_in() {
  [[ -z $(setting API_TOKEN) ]] || printf '    Log in        with the value of API_TOKEN in .env\n '
}

# A variable as Compose sees it, with the environment and .env applied.
setting() { # name
  docker compose config | awk -v name="$1:" '$1 == name { gsub(/^"|"$/, "", $2); print $2; exit }'
}

random_token() { head --bytes="$TOKEN_BYTES" /dev/urandom | base64 | tr -d '=\n' | tr '+/' '-_'; }

keep_setting() { # name, value, what it is for
  say "Making $1, and keeping it in .env"
  touch .env
  chmod go= .env
  [[ -z $(tail --bytes=1 .env) ]] || echo >>.env
  printf '\n# %s\n%s=%s\n' "$3" "$1" "$2" >>.env
}
