import type { OfferedTransport } from "./offer.ts";

/**
 * The description for libdatachannel, of an offer or of the answer to ours: the transport and a single m-line.
 *
 * With several tracks, libdatachannel delivers a packet to the track whose `a=ssrc` line has its source, and drops all
 * other packets: simulcast layers, WHIP clients and retransmissions have no such lines. With a single track it delivers
 * everything (src/impl/peerconnection.cpp, dispatchMedia). We then route packets by payload type.
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
    "a=sendrecv", // Otherwise the library sends only RTCP.
    "a=rtcp-mux",
    `a=rtpmap:${TRANSPORT_PAYLOAD_TYPE} VP8/90000`,
    ...(withData ? data : []),
  ].join("\r\n")}\r\n`;
}

/** Mid of the one media m-line, also for candidates. */
export const TRANSPORT_MID = "0";
/** The library does not check the payload type of packets. */
export const TRANSPORT_PAYLOAD_TYPE = 96;
const DATA_MID = "1";
/** libdatachannel always uses this port, whatever the answer says. */
export const SCTP_PORT = 5000;
/** Small: nobody sends data to a recorder. */
export const MAX_MESSAGE_BYTES = 16_384;
