import { candidates, connectionLine, defaultPort, type LocalTransport } from "./localTransport.ts";
import { GATEWAY_LINE, type OfferedTransport } from "./offer.ts";
import { SCTP_PORT } from "./transportOffer.ts";

/** The maximum of a UDP datagram: longer messages could not be passed on. */
export const MAX_DATA_MESSAGE_BYTES = 65_507;

/** Our description of a data connection (RFC 8841, section 5). An offer has no candidates, see `PeerTransport.offer`. */
export function writeDataDescription(mid: string, local: Omit<LocalTransport, "setup">, setup: string): string {
  const hasCandidates = setup !== "actpass" && local.endpoints.length > 0;
  return text([
    "v=0",
    `o=- 1 ${local.version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${mid}`,
    "a=msid-semantic: WMS",
    ...(local.isGateway ? [GATEWAY_LINE] : []),
    `m=application ${defaultPort(local)} UDP/DTLS/SCTP webrtc-datachannel`,
    connectionLine(local),
    ...(hasCandidates ? [...candidates(local).map((one) => `a=${one}`), "a=end-of-candidates"] : []),
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:${local.fingerprint}`,
    `a=setup:${setup}`,
    `a=mid:${mid}`,
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MAX_DATA_MESSAGE_BYTES}`,
  ]);
}

/** The peer's description, for libdatachannel. */
export function writeRemoteData({ iceUfrag, icePwd, fingerprint, setup }: OfferedTransport): string {
  return text([
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${DATA_CONNECTION_MID}`,
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:${fingerprint.type} ${fingerprint.hash}`,
    `a=setup:${setup}`,
    `a=mid:${DATA_CONNECTION_MID}`,
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MAX_DATA_MESSAGE_BYTES}`,
  ]);
}

/** The mid that the library uses for its m-line. */
export const DATA_CONNECTION_MID = "0";

function text(lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n`;
}
