# shellcheck shell=bash
# Builds and starts the bundle, and says in a few lines what went wrong when it does not start. Sourced, not run.

readonly START_SECONDS=120
readonly LAST_WORDS=8 # lines

# Compose names the variable or line of .env that it cannot read.
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
  docker compose up --detach --wait --wait-timeout "$START_SECONDS" && return
  local service
  for service in $(services_in_trouble); do
    say "Last words of $service"
    docker compose logs --no-log-prefix --no-color --tail "$LAST_WORDS" "$service" 2>&1 | sed 's/^/    /' >&2
  done
  fail "the bundle did not start" \
    "A port that is taken: set HTTP_PORT or MEDIA_PORT in .env (.env.example explains them)." \
    "Anything else: docker compose ps --all, docker compose logs <service>"
}

# Neither healthy nor ended as it should.
services_in_trouble() {
  docker compose ps --all --format '{{.Service}}|{{.State}}|{{.Health}}|{{.ExitCode}}' |
    awk -F'|' '$2 != "created" && !($2 == "running" && $3 == "healthy") && !($2 == "exited" && $4 == 0) { print $1 }'
}
