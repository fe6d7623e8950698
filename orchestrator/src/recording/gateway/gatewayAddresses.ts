import { lookup } from "node:dns/promises";

/** All IPv4 addresses of a URL's host. Throws the system's error. */
export async function addressesOf(url: string): Promise<string[]> {
  const found = await lookup(new URL(url).hostname, { all: true, family: 4 });
  return found.map(({ address }) => address);
}

/** The URL of the gateway with this address. */
export function gatewayUrl({ gatewayUrl: url }: { gatewayUrl: string }, address: string | undefined): string {
  if (address === undefined) return url;
  const own = new URL(url);
  own.hostname = address;
  return own.href;
}
