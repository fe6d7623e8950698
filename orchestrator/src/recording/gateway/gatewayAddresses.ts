import { lookup } from "node:dns/promises";

/** Every address that answers to the host of a URL. Throws the system's error. */
export async function addressesOf(url: string): Promise<string[]> {
  const found = await lookup(new URL(url).hostname, { all: true, family: 4 });
  return found.map(({ address }) => address);
}

/** One gateway's own URL. */
export function gatewayUrl({ gatewayUrl: url }: { gatewayUrl: string }, address: string | undefined): string {
  if (address === undefined) return url;
  const own = new URL(url);
  own.hostname = address;
  return own.href;
}
