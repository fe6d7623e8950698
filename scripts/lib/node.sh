# shellcheck shell=bash
# Node 24 for tests and benchmarks; the bundle itself needs none on the host. Sourced, not run.

readonly NODE_MAJOR=24
readonly NODE_VERSION=24.21.0
readonly TOOLS=$ROOT/.tools

# Puts a Node that is new enough first on the PATH: the host's own, or one below .tools/.
ensure_node() {
  node_is_new_enough && return
  export PATH="$TOOLS/node/bin:$PATH"
  hash -r
  node_is_new_enough && return
  say "Fetching Node $NODE_VERSION into .tools/"
  rm -rf "$TOOLS/node"
  unpack_node "$TOOLS/node"
  if ! [[ -x $(command -v npm) ]]; then fail "npm is missing" "Install Node $NODE_MAJOR with npm."; fi
  node_is_new_enough || fail "Node $NODE_MAJOR does not run on this host"
}

node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  ((${version%%.*} >= NODE_MAJOR))
}

unpack_node() { # folder
  local architecture
  case $(uname -m) in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "no Node package for $(uname -m)" ;;
  esac
  unpack_npm_package "node-linux-$architecture@$NODE_VERSION" "$1"
}

unpack_npm_package() { # package@version, folder
  command -v npm >/dev/null || apt_install npm
  local download
  download=$(mktemp -d)
  (cd "$download" && npm pack --silent "$1" >/dev/null 2>&1) || fail "npm cannot fetch $1"
  mkdir -p "$2"
  tar --extract --gzip --file "$download"/*.tgz --directory "$2" --strip-components=1
  rm -rf "$download"
}

ensure_node_modules() {
  local installed=$ROOT/node_modules/.package-lock.json
  [[ -f $installed && $installed -nt $ROOT/package-lock.json ]] && return
  say "Installing npm packages"
  (cd "$ROOT" && quietly npm ci --no-audit) || fail "npm ci failed"
}
