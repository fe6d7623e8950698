# shellcheck shell=bash
# A Docker engine with Compose v2 and buildx. Installs only what is missing. Sourced, not run.

readonly DOCKERD_LOG=/var/log/dockerd.log
readonly ENGINE_START_SECONDS=60
readonly CLI_PLUGINS=/usr/local/lib/docker/cli-plugins

ensure_docker() {
  ensure_engine_installed
  ensure_engine_running
  ensure_plugins
}

ensure_engine_installed() {
  command -v docker >/dev/null && engine_answers && return
  command -v dockerd >/dev/null && command -v iptables >/dev/null && return
  [[ -z ${DOCKER_HOST:-} ]] || fail "the Docker engine at $DOCKER_HOST does not answer"
  say "Installing the Docker engine"
  apt_install docker.io iptables
}

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ensure_engine_running() {
  engine_answers && return
  if [[ -S /var/run/docker.sock && $EUID -ne 0 ]] && pgrep -x dockerd >/dev/null; then
    fail "this user may not talk to the Docker engine" \
      "Run this script with sudo, or: sudo usermod -aG docker $USER, and log in again."
  fi
  need_root_to "starting the Docker engine" "sudo systemctl start docker"
  say "Starting the Docker engine"
  if [[ -d /run/systemd/system ]]; then
    quietly systemctl enable --now docker || fail "systemctl could not start docker"
  else
    # A pid file left by an engine that is gone keeps a new one from starting.
    pgrep -x dockerd >/dev/null || rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
    setsid dockerd >>"$DOCKERD_LOG" 2>&1 </dev/null &
  fi
  local deadline=$((SECONDS + ENGINE_START_SECONDS))
  until engine_answers; do
    ((SECONDS < deadline)) || {
      [[ ! -f $DOCKERD_LOG ]] || tail -n 15 "$DOCKERD_LOG" >&2
      fail "the Docker engine did not start within $ENGINE_START_SECONDS s" "Its log: $DOCKERD_LOG"
    }
    sleep 0.5
  done
}

ensure_plugins() {
  local missing=()
  docker compose version >/dev/null 2>&1 || missing+=(docker-compose)
  docker buildx version >/dev/null 2>&1 || missing+=(docker-buildx)
  ((${#missing[@]})) || return 0
  say "Installing Docker's plugins: ${missing[*]}"
  need_root_to "installing Docker's plugins" "sudo apt-get install docker-compose-v2 docker-buildx"
  if grep -qi '^ID=ubuntu' /etc/os-release; then
    apt_install "${missing[@]/docker-compose/docker-compose-v2}"
  else
    local unpacked
    unpacked=$(mktemp -d)
    unpack_from_trixie "$unpacked" "${missing[@]}"
    mkdir -p "$CLI_PLUGINS"
    find "$unpacked" -path '*/cli-plugins/docker-*' -type f -exec install -m 0755 {} "$CLI_PLUGINS" \;
    rm -rf "$unpacked"
  fi
  docker compose version >/dev/null 2>&1 || fail "docker compose still does not run" "Looked for in $CLI_PLUGINS"
}
