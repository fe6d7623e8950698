# shellcheck shell=bash
# Installs Debian packages, and unpacks single packages of Debian trixie on older hosts. Sourced, not run.

readonly TRIXIE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly APT_LOCK_SECONDS=300 # another apt may be running, such as unattended upgrades after boot

apt_lists_are_updated=""

apt_install() { # package…
  command -v apt-get >/dev/null ||
    fail "$* must be installed first" "This host is neither Debian nor Ubuntu. Install it with the host's package manager."
  need_root_to "installing $*" "sudo apt-get install $*"
  apt_update
  detail "installing $*"
  DEBIAN_FRONTEND=noninteractive quietly apt-get install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout="$APT_LOCK_SECONDS" "$@" || fail "apt-get could not install $*"
}

apt_update() {
  [[ -z $apt_lists_are_updated ]] || return 0
  detail "updating the package lists"
  quietly apt-get update -o DPkg::Lock::Timeout="$APT_LOCK_SECONDS" || fail "apt-get update failed"
  apt_lists_are_updated=yes
}

# The version that apt would install; empty if there is no such package.
apt_candidate() { # package
  apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# The Debian mirrors that this host uses, for releases and for security updates.
debian_mirror() { apt_repositories | awk '$1 == "Debian" { print $2; exit }'; }
debian_security_mirror() { apt_repositories | awk '$1 == "Debian-Security" { print $2; exit }'; }

apt_repositories() { # prints: label, address
  # shellcheck disable=SC2016 # the placeholders are apt's
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages'
}

# Unpacks packages of Debian trixie into a folder. Neither the host's packages nor its package lists change.
unpack_from_trixie() { # folder, package…
  local folder=$1 mirror state package
  shift
  apt_update
  mirror=$(debian_mirror)
  [[ -n $mirror && -f $TRIXIE_KEYRING ]] || fail "this host has no Debian mirror to download $* from" "Install it manually."
  state=$(mktemp -d)
  mkdir -p "$state"/{lists/partial,cache/archives/partial,download}
  echo "deb [signed-by=$TRIXIE_KEYRING] $mirror trixie main" >"$state/sources.list"
  local options=(
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$state/lists"
    -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root
  )
  quietly apt-get "${options[@]}" update || fail "cannot read Debian trixie's package lists from $mirror"
  (cd "$state/download" && quietly apt-get "${options[@]}" download "$@") || fail "cannot download $* from $mirror"
  for package in "$state"/download/*.deb; do dpkg-deb --extract "$package" "$folder"; done
  rm -rf "$state"
}
