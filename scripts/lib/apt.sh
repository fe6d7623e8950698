# shellcheck shell=bash
# Debian packages: the host's own, and single packages of Debian trixie for hosts that are older. Sourced, not run.

apt_updated=""

apt_install() {
  command -v apt-get >/dev/null ||
    fail "cannot install $* here" "This host is neither Debian nor Ubuntu: install them with its own package manager."
  need_root_to "installing $*" "sudo apt-get install $*"
  if [[ -z $apt_updated ]]; then
    quietly apt-get update || fail "apt-get update failed"
    apt_updated=yes
  fi
  detail "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive quietly apt-get install --yes --no-install-recommends "$@" ||
    fail "apt-get could not install $*"
}

# The Debian mirror that this host uses already; trixie lies beside its own release.
debian_mirror() {
  # shellcheck disable=SC2016 # the placeholders are apt's
  apt-get indextargets --format '$(ORIGIN) $(SITE) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $3 !~ /security/ { print $3; exit }'
}

# Unpacks packages of Debian trixie into a folder, without installing them or touching the host's package lists.
unpack_from_trixie() { # folder, package…
  local folder=$1 mirror state
  shift
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || fail "no Debian mirror among this host's package sources" "Install by hand: $*"
  state=$(mktemp -d)
  mkdir -p "$state"/{lists/partial,cache/archives/partial,download}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$state/sources.list"
  local options=(
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$state/lists"
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root -o APT::Default-Release=trixie
  )
  quietly apt-get "${options[@]}" update || fail "cannot read Debian trixie's package list from $mirror"
  (cd "$state/download" && quietly apt-get "${options[@]}" download "$@") || fail "cannot download $*"
  local package
  for package in "$state"/download/*.deb; do dpkg-deb --extract "$package" "$folder"; done
  rm -rf "$state"
}
