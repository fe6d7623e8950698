# shellcheck shell=bash
# Debian packages: the host's own, and single packages of Debian trixie for hosts that are older. Sourced, not run.

readonly TRIXIE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
readonly APT_LOCK_SECONDS=300 # another apt may run, such as unattended upgrades after boot

apt_lists_are_new=""

apt_install() { # package…
  command -v apt-get >/dev/null ||
    fail "$* must be installed first" "This host is neither Debian nor Ubuntu, so it is up to you and its package manager."
  need_root_to "installing $*" "sudo apt-get install $*"
  apt_update
  detail "installing $*"
  DEBIAN_FRONTEND=noninteractive quietly apt-get install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout="$APT_LOCK_SECONDS" "$@" || fail "apt-get could not install $*"
}

apt_update() {
  [[ -z $apt_lists_are_new ]] || return 0
  detail "reading the package lists"
  quietly apt-get update -o DPkg::Lock::Timeout="$APT_LOCK_SECONDS" || fail "apt-get update failed"
  apt_lists_are_new=yes
}

# The version that apt would install; nothing when it knows no such package.
apt_candidate() { # package
  apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# The Debian mirrors that this host uses: of the releases, and of their security updates.
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
  [[ -n $mirror && -f $TRIXIE_KEYRING ]] || fail "this host has no Debian mirror to get $* from" "Install it by hand."
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
