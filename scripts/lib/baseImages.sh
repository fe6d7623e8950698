# shellcheck shell=bash
# The base images of the Dockerfiles. If no registry can be reached, they are built locally under the same names: Debian
# with debootstrap, Node from its npm package. Sourced, not run.

readonly DEBIAN_IMAGE=debian:trixie-slim
readonly NODE_IMAGE=node:24-trixie-slim
readonly PULL_SECONDS=600

ensure_base_images() {
  local image
  for image in "$DEBIAN_IMAGE" "$NODE_IMAGE"; do
    docker image inspect "$image" >/dev/null 2>&1 && continue
    say "Fetching the base image $image"
    timeout "$PULL_SECONDS" docker pull --quiet "$image" >/dev/null 2>&1 </dev/null && continue
    detail "no image registry can be reached, so the image is built locally"
    case $image in
      "$DEBIAN_IMAGE") build_debian_image ;;
      "$NODE_IMAGE") build_node_image ;;
    esac
  done
}

build_debian_image() {
  need_root_to "building $DEBIAN_IMAGE" "docker pull $DEBIAN_IMAGE"
  command -v debootstrap >/dev/null || apt_install debootstrap
  [[ -f $TRIXIE_KEYRING ]] || apt_install debian-archive-keyring
  apt_update
  local mirror security tree
  mirror=$(debian_mirror)
  security=$(debian_security_mirror)
  tree=$(mktemp -d)
  detail "debootstrap trixie (a minute or two)"
  quietly debootstrap --variant=minbase --include=ca-certificates --keyring="$TRIXIE_KEYRING" \
    trixie "$tree" ${mirror:+"$mirror"} || fail "debootstrap could not build Debian trixie"
  [[ -z $security ]] || echo "deb $security trixie-security main" >>"$tree/etc/apt/sources.list"
  copy_certificates "$tree"
  # As in the official image: layers do not keep downloaded packages.
  echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' >"$tree/etc/apt/apt.conf.d/docker-clean"
  rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* "$tree"/usr/share/{doc,man,locale}/*
  tar --directory "$tree" --numeric-owner --create . |
    docker import --change 'CMD ["bash"]' - "$DEBIAN_IMAGE" >/dev/null || fail "docker import failed"
  rm -rf "$tree"
}

# Sites without access to an image registry often have their own certificate authority.
copy_certificates() { # root of an image
  local own=/usr/local/share/ca-certificates
  [[ ! -d $own ]] || cp --recursive --dereference "$own/." "$1$own/"
  [[ ! -f /etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
}

build_node_image() {
  local folder registry
  folder=$(mktemp -d)
  unpack_node "$folder/node"
  # Builds use the same npm mirror as this host.
  registry=$(cd "$folder" && npm config get registry 2>/dev/null) || registry=""
  mkdir "$folder/node/etc"
  echo "${registry:+registry=$registry}" >"$folder/node/etc/npmrc"
  cat >"$folder/Dockerfile" <<EOF
FROM $DEBIAN_IMAGE
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home --shell /bin/bash node
COPY node/bin /usr/local/bin
COPY node/lib /usr/local/lib
COPY node/etc /usr/local/etc
ENV NODE_USE_SYSTEM_CA=1
CMD ["node"]
EOF
  detail "docker build"
  quietly docker build --tag "$NODE_IMAGE" "$folder" || fail "cannot build $NODE_IMAGE"
  rm -rf "$folder"
}
