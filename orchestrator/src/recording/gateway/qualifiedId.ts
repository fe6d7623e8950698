/**
 * The id of a connection, followed by the address of its gateway, because there may be several: `mc-…@172.18.0.4`. The
 * gateways' own ids contain no @ and are unique, so a gateway that reuses an address does not know ids of the previous
 * one.
 */
export function qualifiedId<Id extends string>(id: string, gateway: string | undefined): Id {
  return (gateway === undefined ? id : `${id}@${gateway}`) as Id;
}

/** undefined for ids from versions that supported only one gateway. */
export function gatewayOf(id: string): string | undefined {
  const at = id.indexOf("@");
  return at < 0 ? undefined : id.slice(at + 1);
}

/** The gateway's own id of the connection. */
export function localId(id: string): string {
  const at = id.indexOf("@");
  return at < 0 ? id : id.slice(0, at);
}
