# shellcheck shell=bash
# Builds, starts and stops the bundle, and reports failures in a few lines. Sourced, not run.

readonly START_SECONDS=120
readonly LOG_LINES=8

# Compose shows its progress on a terminal; without one, only errors are printed.
compose() {
  if [[ -t 2 ]]; then docker compose "$@" </dev/null; else docker compose --progress quiet "$@" </dev/null; fi
}

ensure_configuration() {
  quietly docker compose config --quiet || fail "the configuration is not valid" "Check .env and docker-compose.yml."
}

build_images() {
  say "Building the images (some minutes the first time, seconds afterwards)"
  local build=(docker compose build)
  [[ -t 2 ]] || build=(quietly "${build[@]}")
  "${build[@]}" || fail "an image could not be built" "docker compose build shows the complete output."
}

start_bundle() {
  say "Starting the services"
  compose up --detach --wait --wait-timeout "$START_SECONDS" && return
  local service
  for service in $(failing_services); do
    say "Last log lines of $service"
    last_log_lines "$service" >&2
  done
  fail "the bundle did not start" \
    "If a port is taken: set HTTP_PORT or MEDIA_PORT in .env (.env.example explains them)." \
    "docker compose ps --all and docker compose logs <service> show details." \
    "./scripts/down removes the services that did start."
}

# A service in a restart loop can look as if it is starting, so starting services are reported if none has failed.
failing_services() {
  docker compose ps --all --format '{{.Service}}|{{.State}}|{{.Health}}|{{.ExitCode}}' | awk -F'|' '
    $2 == "restarting" || $2 == "dead" || $3 == "unhealthy" || ($2 == "exited" && $4 != 0) { failed = failed $1 "\n" }
    $3 == "starting" { starting = starting $1 "\n" }
    END { printf "%s", failed != "" ? failed : starting }'
}

# Prints only the message of a fatal log line: it names the error.
last_log_lines() { # service
  docker compose logs --no-log-prefix --no-color --tail "$LOG_LINES" "$1" 2>&1 |
    sed -E 's/\x1b\[2K//g; s/^\{"level":60,.*"msg":"(.*)"\}$/\1/; s/^/    /' | uniq
}
