import type { OfferedTransport } from "./offer.ts";

/**
 * The offer as libdatachannel gets it: the transport and a single m-line.
 *
 * With several tracks libdatachannel hands a packet to the track whose `a=ssrc` line names its source, and drops all
 * others: simulcast layers, WHIP clients and retransmissions without such lines. With a single track it hands over
 * everything (src/impl/peerconnection.cpp, dispatchMedia). Who gets what is then ours to say, by payload type.
 */
export function writeTransportOffer({ iceUfrag, icePwd, fingerprint, setup }: OfferedTransport): string {
  return `${[
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${TRANSPORT_MID}`,
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:${fingerprint.type} ${fingerprint.hash}`,
    `a=setup:${setup}`,
    `a=mid:${TRANSPORT_MID}`,
    "a=sendonly",
    "a=rtcp-mux",
    "a=rtpmap:96 VP8/90000",
  ].join("\r\n")}\r\n`;
}

/** Mid of the single m-line; candidates are given under it. */
export const TRANSPORT_MID = "0";
