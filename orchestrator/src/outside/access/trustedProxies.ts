import { BlockList, isIP } from "node:net";

/** Addresses of reverse proxies in front of the front door whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param entries addresses and networks, such as `10.0.0.7` and `2001:db8::/32`; see `isAddressOrNetwork`. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = "", prefix] = entry.split("/");
      if (prefix === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /**
   * Fastify's `trustProxy`: goes through `X-Forwarded-For` from its end, and the first address that is not trusted is
   * the client's.
   *
   * @param hop 0 for the sender of the request, which is the front door.
   */
  readonly trusts = (address: string, hop: number): boolean =>
    hop === 0 || (isIP(address) !== 0 && this.#list.check(address, familyOf(address)));
}

export function isAddressOrNetwork(entry: string): boolean {
  const [address = "", prefix, ...more] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
