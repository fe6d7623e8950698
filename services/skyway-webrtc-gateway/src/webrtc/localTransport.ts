/** An address with the port that is ours there: the one that is published has another than the one that is bound. */
export interface Endpoint {
  address: string;
  port: number;
  /** It is a TURN server's, which passes on to us. */
  isRelayed?: boolean;
}

/** Our end of the transport. */
export interface LocalTransport {
  iceUfrag: string;
  icePwd: string;
  fingerprint: string;
  /** "actpass" in an offer. */
  setup: "active" | "passive" | "actpass";
  /** Where callers can reach us; the first one is also the default (`m=` and `c=`). None: they are told later. */
  endpoints: readonly Endpoint[];
  /** Of the answer: 1 for the first one. */
  version: number;
  /** Our end sends no checks, and leaves it to the other one to nominate. */
  isLite?: boolean;
}

/** The default address, for those who read no candidates. */
export function connectionLine({ endpoints }: Pick<LocalTransport, "endpoints">): string {
  const address = endpoints[0]?.address ?? "0.0.0.0";
  return `c=IN ${address.includes(":") ? "IP6" : "IP4"} ${address}`;
}

/** The discard port where there is no address, as in offers that trickle (RFC 8840, section 4.1.1). */
export function defaultPort({ endpoints }: Pick<LocalTransport, "endpoints">): number {
  return endpoints[0]?.port ?? 9;
}

const HOST_TYPE_PREFERENCE = 126;
const RELAY_TYPE_PREFERENCE = 0;

/** Ours, as RFC 8839, section 5.1 writes them; earlier addresses are preferred (RFC 8445, section 5.1.2.1). */
export function candidates({ endpoints }: Pick<LocalTransport, "endpoints">): string[] {
  return endpoints.map(({ address, port, isRelayed = false }, index) => {
    const preference = isRelayed ? RELAY_TYPE_PREFERENCE : HOST_TYPE_PREFERENCE;
    const priority = preference * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
    // Where we are behind the relay is nobody's business.
    const type = isRelayed ? `relay raddr ${address.includes(":") ? "::" : "0.0.0.0"} rport 0` : "host";
    return `candidate:${index + 1} 1 UDP ${priority} ${address} ${port} typ ${type}`;
  });
}
