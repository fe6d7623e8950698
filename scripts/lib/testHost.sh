# shellcheck shell=bash
# What tests need for a disk, and a host, of their own within this one. Sourced, not run.

ensure_test_host() {
  local missing=()
  command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v pgrep >/dev/null || missing+=(procps)
  command -v losetup >/dev/null || missing+=(mount)
  command -v perl >/dev/null || missing+=(perl-base)
  ((${#missing[@]})) || return 0
  say "Installing what a disk for tests needs"
  apt_install "${missing[@]}"
}
