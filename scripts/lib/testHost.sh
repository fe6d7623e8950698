# shellcheck shell=bash
# Programs that tests need to simulate a disk and a host on this machine. Sourced, not run.

ensure_test_host() {
  local missing=()
  command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v pgrep >/dev/null || missing+=(procps)
  command -v losetup >/dev/null || missing+=(mount)
  command -v perl >/dev/null || missing+=(perl-base)
  ((${#missing[@]})) || return 0
  say "Installing the programs that tests need to simulate disks and hosts"
  apt_install "${missing[@]}"
}
