/** UDP with a numeric address. A name (mDNS) would need a thread for its lookup, which fails in a container anyway. */
export function isUsable(candidate: string): boolean {
  const [, component, protocol, , address = ""] = candidate.replace(/^a=/, "").split(" ");
  return component === "1" && protocol?.toLowerCase() === "udp" && /^[\d.]+$|:/.test(address);
}

/** The candidate is at a TURN server of the caller. */
export function isRelayed(candidate: string): boolean {
  return / typ relay\b/.test(candidate);
}
