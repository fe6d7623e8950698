import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a browser sent this request for a page of another origin: such a page can make requests with our cookie,
 * though it cannot read the answers. Browsers say where a page is from in `Sec-Fetch-Site` (over HTTPS and on
 * loopback) and in `Origin` (whenever something may change); programs send neither.
 *
 * @param host what the request was sent to, with its port.
 */
export function isFromForeignPage(headers: IncomingHttpHeaders, host: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin";
  return headers.origin !== undefined && hostOf(headers.origin) !== host.toLowerCase();
}

/** Whether a browser said that this request is of a page of ours. Without a word from it there is no telling. */
export function isFromOwnPage(headers: IncomingHttpHeaders, host: string): boolean {
  const spoke = headers["sec-fetch-site"] !== undefined || headers.origin !== undefined;
  return spoke && !isFromForeignPage(headers, host);
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
