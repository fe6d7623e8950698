/** A local address and port. A published address may have another port than the bound one. */
export interface Endpoint {
  address: string;
  port: number;
  /** The address is at a TURN server, which relays packets to us. */
  isRelayed?: boolean;
}

/** Our end of the transport. */
export interface LocalTransport {
  iceUfrag: string;
  icePwd: string;
  fingerprint: string;
  /** "actpass" in an offer. */
  setup: "active" | "passive" | "actpass";
  /** Where callers can reach us. The first one is also the default (`m=` and `c=`). Empty: candidates follow later. */
  endpoints: readonly Endpoint[];
  /** Version of our description, from 1. */
  version: number;
  /** In an offer: we use the media port, as other calls do, see `bindingFor`. */
  isGateway?: boolean;
  /** Our end sends no checks. The other side nominates. */
  isLite?: boolean;
}

/** The default address, for peers that read no candidates. */
export function connectionLine({ endpoints }: Pick<LocalTransport, "endpoints">): string {
  const address = endpoints[0]?.address ?? "0.0.0.0";
  return `c=IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
}

/** The discard port if there is no address, as in offers with trickle ICE (RFC 8840, section 4.1.1). */
export function defaultPort({ endpoints }: Pick<LocalTransport, "endpoints">): number {
  return endpoints[0]?.port ?? 9;
}

const HOST_TYPE_PREFERENCE = 126;
const RELAY_TYPE_PREFERENCE = 0;

/** Candidate lines (RFC 8839, section 5.1). Earlier addresses have priority (RFC 8445, section 5.1.2.1). */
export function candidates({ endpoints }: Pick<LocalTransport, "endpoints">): string[] {
  return endpoints.map(({ address, port, isRelayed = false }, index) => {
    const preference = isRelayed ? RELAY_TYPE_PREFERENCE : HOST_TYPE_PREFERENCE;
    const priority = preference * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
    // Our address behind the relay stays private.
    const type = isRelayed ? `relay raddr ${address.includes(":") ? "::" : "0.0.0.0"} rport 0` : "host";
    return `candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ ${type}`;
  });
}
