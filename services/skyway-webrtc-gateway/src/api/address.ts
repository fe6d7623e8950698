import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import type { Address } from "../webrtc/mediaSession.ts";

const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "255.255.255.255", "::"]);

/**
 * Where a program listens: `ip_v4` or `ip_v6`, and a port. `ip_v4` takes precedence. Numeric addresses only: the
 * official gateway does not resolve names either.
 */
export const address = z
  .object({ port: z.int().min(1).max(65_535), ip_v4: z.string().nullish(), ip_v6: z.string().nullish() })
  .transform(({ port, ip_v4, ip_v6 }, context): Address => {
    const isFour = Boolean(ip_v4) || !ip_v6;
    const host = isFour ? ip_v4 : ip_v6;
    const isLiteral = host && (isFour ? isIPv4(host) : isIPv6(host));
    const literal = isLiteral ? canonical(host) : undefined;
    if (literal !== undefined && !UNSPECIFIED.has(literal)) return { host: literal, port };
    const [path, message] = isFour ? ["ip_v4", "not a numeric IPv4 address"] : ["ip_v6", "not a numeric IPv6 address"];
    context.addIssue({ code: "custom", path: [path], message });
    return z.NEVER;
  });

/** An IPv6 address has many spellings: this returns the canonical one (RFC 5952), so that addresses can be compared. */
function canonical(host: string): string {
  if (isIPv4(host)) return host;
  const [literal = "", zone] = host.split("%");
  const spelled = new URL(`http://[${literal}]`).hostname.slice(1, -1);
  return zone === undefined ? spelled : `${spelled}%${zone}`;
}
