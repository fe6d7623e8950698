/**
 * A connection's id says at which gateway it is, since there may be several: `mc-…@172.18.0.4`. Gateways' own ids hold
 * no @, and are unique: a gateway that has another one's address does not know them.
 */
export function qualifiedId<Id extends string>(id: string, gateway: string | undefined): Id {
  return (gateway === undefined ? id : `${id}@${gateway}`) as Id;
}

/** undefined for ids of a time when there was one gateway only. */
export function gatewayOf(id: string): string | undefined {
  const at = id.indexOf("@");
  return at < 0 ? undefined : id.slice(at + 1);
}

/** As the gateway itself knows it. */
export function localId(id: string): string {
  const at = id.indexOf("@");
  return at < 0 ? id : id.slice(0, at);
}
