import type { OfferedTransport } from "./offer.ts";

/**
 * The offer, or the answer to ours, as libdatachannel gets it: the transport and a single m-line.
 *
 * With several tracks libdatachannel hands a packet to the track whose `a=ssrc` line names its source, and drops all
 * others: simulcast layers, WHIP clients and retransmissions without such lines. With a single track it hands over
 * everything (src/impl/peerconnection.cpp, dispatchMedia). Who gets what is then ours to say, by payload type.
 */
export function writeTransportOffer(
  { iceUfrag, icePwd, fingerprint, setup }: OfferedTransport,
  { withData = false }: { withData?: boolean } = {},
): string {
  const transport = [
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:${fingerprint.type} ${fingerprint.hash}`,
    `a=setup:${setup}`,
  ];
  const data = [
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    ...transport,
    `a=mid:${DATA_MID}`,
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MAX_MESSAGE_BYTES}`,
  ];
  return `${[
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${TRANSPORT_MID}${withData ? ` ${DATA_MID}` : ""}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${TRANSPORT_PAYLOAD_TYPE}`,
    ...transport,
    `a=mid:${TRANSPORT_MID}`,
    "a=sendrecv", // The library sends nothing but RTCP otherwise.
    "a=rtcp-mux",
    `a=rtpmap:${TRANSPORT_PAYLOAD_TYPE} VP8/90000`,
    ...(withData ? data : []),
  ].join("\r\n")}\r\n`;
}

/** Mid of the one m-line of media; candidates are given under it. */
export const TRANSPORT_MID = "0";
/** The library looks at no packet's own. */
export const TRANSPORT_PAYLOAD_TYPE = 96;
const DATA_MID = "1";
/** What libdatachannel uses, whatever is answered. */
export const SCTP_PORT = 5000;
/** Nobody has anything to say to a recorder by data channel. */
export const MAX_MESSAGE_BYTES = 16_384;
