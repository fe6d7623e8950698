import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a page of another origin sent this request. Such a page can send requests with our cookie, though it cannot
 * read the responses. Browsers send the page's origin in `Sec-Fetch-Site` (over HTTPS and on loopback) and in `Origin`
 * (with methods that change something); other programs send neither.
 *
 * @param host the requested host, with its port.
 */
export function isFromForeignPage(headers: IncomingHttpHeaders, host: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin";
  return headers.origin !== undefined && hostOf(headers.origin) !== host.toLowerCase();
}

/** Whether a browser stated that our own page sent this request. Without these headers the origin is unknown: false. */
export function isFromOwnPage(headers: IncomingHttpHeaders, host: string): boolean {
  const hasOrigin = headers["sec-fetch-site"] !== undefined || headers.origin !== undefined;
  return hasOrigin && !isFromForeignPage(headers, host);
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
