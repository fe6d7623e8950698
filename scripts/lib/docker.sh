# shellcheck shell=bash
# Ensures a Docker engine with Compose v2 and buildx. Installs only what is missing. Sourced, not run.

readonly ENGINE_LOG=/var/log/dockerd.log
readonly ENGINE_START_SECONDS=60
readonly CLI_PLUGINS=/usr/local/lib/docker/cli-plugins # one of the folders that the docker command searches

ensure_docker() {
  if ! engine_answers; then
    ensure_engine_installed
    ensure_engine_running
  fi
  ensure_plugins
}

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ensure_engine_installed() {
  [[ -z ${DOCKER_HOST:-} ]] || fail "the Docker engine at $DOCKER_HOST does not answer" "DOCKER_HOST sets this address."
  local missing=()
  command -v dockerd >/dev/null || missing+=(docker.io)
  command -v iptables >/dev/null || missing+=(iptables)
  if ((${#missing[@]})); then
    say "Installing the Docker engine"
    apt_install "${missing[@]}"
  fi
  # Since trixie, Debian has the command in a separate package.
  command -v docker >/dev/null || apt_install docker-cli
}

ensure_engine_running() {
  if [[ -S /var/run/docker.sock && ! -w /var/run/docker.sock ]]; then
    fail "this user has no access to the Docker engine" \
      "Run this script with sudo, or: sudo usermod -aG docker ${USER:-$(id -un)}, then log in again."
  fi
  need_root_to "starting the Docker engine" "sudo systemctl start docker"
  say "Starting the Docker engine"
  if [[ -d /run/systemd/system ]]; then
    quietly systemctl enable --now docker || fail "systemctl could not start docker" "journalctl -u docker shows the reason."
  elif ! engine_process; then
    # A stale pid file prevents the engine from starting.
    rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
    setsid dockerd >>"$ENGINE_LOG" 2>&1 </dev/null &
  fi
  local deadline=$((SECONDS + ENGINE_START_SECONDS))
  until engine_answers; do
    if ((SECONDS > deadline)); then
      [[ ! -f $ENGINE_LOG ]] || tail -n 15 "$ENGINE_LOG" >&2
      fail "the Docker engine did not start within $ENGINE_START_SECONDS s" "See its log: $ENGINE_LOG"
    fi
    sleep 0.5
  done
}

# Whether an engine is running, perhaps still starting.
engine_process() { grep --quiet --line-regexp --no-messages dockerd /proc/[0-9]*/comm; }

# Compose v2 can build images, or reports what it lacks; if it answers, nothing is installed.
ensure_plugins() {
  compose_v2_answers && return
  say "Installing Docker Compose"
  need_root_to "installing Docker Compose" "see https://docs.docker.com/compose/install/linux/"
  apt_update
  local plugin package unpacked
  for plugin in compose buildx; do
    package=$(plugin_package "$plugin")
    if [[ -n $package ]]; then
      apt_install "$package"
    else
      # An older Debian has no such package; trixie's package is a single program without dependencies.
      detail "unpacking docker-$plugin from Debian trixie"
      unpacked=$(mktemp -d)
      unpack_from_trixie "$unpacked" "docker-$plugin"
      install -D --mode 0755 "$unpacked/usr/libexec/docker/cli-plugins/docker-$plugin" "$CLI_PLUGINS/docker-$plugin"
      rm -rf "$unpacked"
    fi
  done
  compose_v2_answers || fail "docker compose still does not run"
}

compose_v2_answers() { [[ $(docker compose version --short 2>/dev/null) =~ ^v?([2-9]|[1-9][0-9]) ]]; }

# The name of a plugin's package on this host. Before trixie, Debian's docker-compose is Compose 1.
plugin_package() { # compose|buildx
  local package
  for package in "docker-$1-v2" "docker-$1" "docker-$1-plugin"; do
    [[ $(apt_candidate "$package") =~ ^([0-9]+:)?1\. ]] && continue
    [[ -z $(apt_candidate "$package") ]] || { echo "$package" && return; }
  done
}
