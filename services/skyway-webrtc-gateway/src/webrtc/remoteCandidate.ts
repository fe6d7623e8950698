/** UDP with a numeric address: names (mDNS) would cost a thread each to look up, in vain within a container. */
export function isUsable(candidate: string): boolean {
  const [, component, protocol, , address = ""] = candidate.replace(/^a=/, "").split(" ");
  return component === "1" && protocol?.toLowerCase() === "udp" && /^[\d.]+$|:/.test(address);
}

/** At a TURN server of the caller's. */
export function isRelayed(candidate: string): boolean {
  return / typ relay\b/.test(candidate);
}
