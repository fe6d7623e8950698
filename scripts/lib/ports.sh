# shellcheck shell=bash
# Reports ports that are not free before anything is built. Sourced, not run.

# Every port that the bundle publishes, with .env applied. Prints address, port or range, protocol.
published_ports() {
  docker compose config | awk '
    $1 == "host_ip:" { address = $2 }
    $1 == "published:" { port = $2; gsub(/"/, "", port) }
    $1 == "protocol:" { print address, port, $2 }'
}

ensure_ports_are_free() {
  [[ -r /proc/net/tcp && ${DOCKER_HOST:-unix:} == unix:* ]] || return 0 # the engine is on another host
  local own address port protocol variable
  own=$(docker compose ps --format '{{.Ports}}')
  while read -r address port protocol; do
    has_free_port "$address" "$port" "$protocol" "$own" && continue
    variable=$([[ $protocol == udp ]] && echo MEDIA_PORT || echo HTTP_PORT)
    fail "$protocol port $port on $address is already in use" \
      "Stop the program that uses it, or choose another port: $variable=$((${port#*-} + 1)) ./scripts/up, or the same in .env"
  done < <(published_ports)
}

# Whether a port, or one port of a range, is free or already used by this bundle.
has_free_port() { # IPv4 address, port or first-last, tcp|udp, ports of the bundle
  local port
  for ((port = ${2%-*}; port <= ${2#*-}; port++)); do
    [[ $4 == *"$1:$port->"* ]] && return
    port_is_taken "$1" "$port" "$3" || return 0
  done
  return 1
}

port_is_taken() { # IPv4 address, port, tcp|udp
  local first second third fourth files=(/proc/net/"$3"*)
  IFS=. read -r first second third fourth <<<"$1"
  [[ -n $fourth ]] || return 1
  # The kernel writes addresses in hexadecimal, last byte first; 0A is a TCP socket that listens, 07 a UDP socket.
  awk -v port="$(printf ':%04X$' "$2")" -v address="$(printf '^%02X%02X%02X%02X:' "$fourth" "$third" "$second" "$first")" \
    -v state="$([[ $3 == udp ]] && echo 07 || echo 0A)" '
    $2 ~ port && $4 == state && ($2 ~ address || $2 ~ /^0+:/ || address == "^00000000:") { taken = 1 }
    END { exit !taken }' "${files[@]}"
}
