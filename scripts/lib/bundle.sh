# shellcheck shell=bash
# Builds, starts and stops the bundle, and says in a few lines what went wrong. Sourced, not run.

readonly START_SECONDS=120
readonly LAST_WORDS=8 # lines

# Compose draws its progress on a terminal; elsewhere only its errors are worth a line.
compose() {
  if [[ -t 2 ]]; then docker compose "$@" </dev/null; else docker compose --progress quiet "$@" </dev/null; fi
}

ensure_configuration() {
  quietly docker compose config --quiet || fail "the configuration cannot be read" "Look at .env and docker-compose.yml."
}

build_images() {
  say "Building the images (some minutes the first time, seconds afterwards)"
  local build=(docker compose build)
  [[ -t 2 ]] || build=(quietly "${build[@]}")
  "${build[@]}" || fail "an image could not be built" "docker compose build shows all of the output."
}

start_bundle() {
  say "Starting the services"
  compose up --detach --wait --wait-timeout "$START_SECONDS" && return
  local service
  for service in $(services_in_trouble); do
    say "Last words of $service"
    last_words "$service" >&2
  done
  fail "the bundle did not start"     "If a port is taken: set HTTP_PORT or MEDIA_PORT in .env (.env.example explains them)."     "docker compose ps --all and docker compose logs <service> say more."     "./scripts/down removes what did start."
}

# A service that starts over and over looks like one that is starting, so those count when no other one does.
services_in_trouble() {
  docker compose ps --all --format '{{.Service}}|{{.State}}|{{.Health}}|{{.ExitCode}}' | awk -F'|' '
    $2 == "restarting" || $2 == "dead" || $3 == "unhealthy" || ($2 == "exited" && $4 != 0) { failed = failed $1 "\n" }
    $3 == "starting" { starting = starting $1 "\n" }
    END { printf "%s", failed != "" ? failed : starting }'
}

# Of a service that cannot start, the message alone: it names the mistake.
last_words() { # service
  docker compose logs --no-log-prefix --no-color --tail "$LAST_WORDS" "$1" 2>&1 |
    sed -E 's/\x1b\[2K//g; s/^\{"level":60,.*"msg":"(.*)"\}$/\1/; s/^/    /' | uniq
}
