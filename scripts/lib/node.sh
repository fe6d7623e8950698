# shellcheck shell=bash
# Node for tests, benchmarks and a locally built base image; the bundle itself needs no Node on the host. Sourced, not
# run.

readonly NODE_MAJOR=24
readonly NODE_VERSION=24.21.0
readonly NPM_VERSION=11.19.1
readonly TOOLS=$ROOT/.tools
export NODE_USE_SYSTEM_CA=1 # use this host's certificate authorities, not only Node's built-in ones

# Ensures that `node` is new enough: the host's own, or one in .tools/ that is put first on the PATH.
ensure_node() {
  node_is_new_enough && return
  if [[ ! -x $TOOLS/node/bin/node ]]; then
    say "Fetching Node $NODE_VERSION into .tools/"
    mkdir -p "$TOOLS"
    rm -rf "$TOOLS/node.part"
    unpack_node "$TOOLS/node.part"
    mv "$TOOLS/node.part" "$TOOLS/node"
  fi
  export PATH="$TOOLS/node/bin:$PATH"
  hash -r
  node_is_new_enough || fail "Node $NODE_MAJOR does not run on this host" "Install it manually, then run this script again."
}

node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  ((${version%%.*} >= NODE_MAJOR)) && command -v npm >/dev/null
}

# Unpacks Node and npm from their npm packages, in the same layout as their installers.
unpack_node() { # folder
  local architecture
  case $(uname -m) in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "there is no Node package for $(uname -m)" "Install Node $NODE_MAJOR manually." ;;
  esac
  unpack_npm_package "node-linux-$architecture@$NODE_VERSION" "$1"
  unpack_npm_package "npm@$NPM_VERSION" "$1/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/bin/npx"
}

unpack_npm_package() { # package@version, folder
  command -v npm >/dev/null || apt_install npm
  detail "fetching $1"
  local download
  download=$(mktemp -d)
  (cd "$download" && quietly npm pack "$1") || fail "npm could not fetch $1" "npm's settings (npm config list) show from where."
  mkdir -p "$2"
  tar --extract --gzip --file "$download"/*.tgz --directory "$2" --strip-components=1 --no-same-owner
  rm -rf "$download"
}

ensure_node_modules() {
  local installed=$ROOT/node_modules/.package-lock.json
  [[ $installed -nt $ROOT/package-lock.json ]] && return
  say "Installing npm packages"
  (cd "$ROOT" && quietly npm ci) || fail "npm ci failed"
}
