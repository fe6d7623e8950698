# shellcheck shell=bash
# All functions that prepare a host. Sourced, not run; ROOT is the repository's root.
# shellcheck source=scripts/lib/say.sh
source "$ROOT/scripts/lib/say.sh"
# shellcheck source=scripts/lib/apt.sh
source "$ROOT/scripts/lib/apt.sh"
# shellcheck source=scripts/lib/docker.sh
source "$ROOT/scripts/lib/docker.sh"
# shellcheck source=scripts/lib/node.sh
source "$ROOT/scripts/lib/node.sh"
# shellcheck source=scripts/lib/baseImages.sh
source "$ROOT/scripts/lib/baseImages.sh"
# shellcheck source=scripts/lib/browsers.sh
source "$ROOT/scripts/lib/browsers.sh"
# shellcheck source=scripts/lib/testHost.sh
source "$ROOT/scripts/lib/testHost.sh"
