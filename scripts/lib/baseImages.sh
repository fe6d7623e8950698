# shellcheck shell=bash
# The base images that the Dockerfiles name. Where no registry answers, they are made here under the same names:
# Debian by debootstrap, Node from its npm package. Sourced, not run.

readonly DEBIAN_IMAGE=debian:trixie-slim
readonly NODE_IMAGE=node:24-trixie-slim
readonly NPM_VERSION=11.19.1
readonly PULL_SECONDS=300

ensure_base_images() {
  local image
  for image in "$DEBIAN_IMAGE" "$NODE_IMAGE"; do
    docker image inspect "$image" >/dev/null 2>&1 && continue
    say "Fetching $image"
    timeout "$PULL_SECONDS" docker pull --quiet "$image" >/dev/null 2>&1 && continue
    detail "no image registry answers: making it here"
    case $image in
      "$DEBIAN_IMAGE") make_debian_image ;;
      "$NODE_IMAGE") make_node_image ;;
    esac
  done
}

make_debian_image() {
  need_root_to "making $DEBIAN_IMAGE" "docker pull $DEBIAN_IMAGE"
  command -v debootstrap >/dev/null || apt_install debootstrap
  local mirror root
  mirror=$(debian_mirror)
  root=$(mktemp -d)
  quietly debootstrap --variant=minbase --include=ca-certificates trixie "$root" ${mirror:+"$mirror"} ||
    fail "debootstrap could not make Debian trixie"
  # A site without a registry often has a certificate authority of its own.
  [[ ! -d /usr/local/share/ca-certificates ]] || cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}/*
  tar --directory "$root" --create . | docker import - "$DEBIAN_IMAGE" >/dev/null
  rm -rf "$root"
}

make_node_image() {
  local folder
  folder=$(mktemp -d)
  unpack_node "$folder/node"
  unpack_npm_package "npm@$NPM_VERSION" "$folder/npm"
  cat >"$folder/Dockerfile" <<EOF
FROM $DEBIAN_IMAGE
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
COPY node/bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
  && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
ENV NODE_USE_SYSTEM_CA=1
CMD ["node"]
EOF
  quietly docker build --tag "$NODE_IMAGE" "$folder" || fail "cannot build $NODE_IMAGE"
  rm -rf "$folder"
}
