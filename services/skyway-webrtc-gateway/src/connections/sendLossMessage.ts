import type { Kind, SendLosses } from "../webrtc/mediaSession.ts";

/** The longest that every network carries, with SRTP and a TURN server on the way. */
const SAFE_BYTES = 1_200;

/** The text of an ERROR event about lost packets of a program: what was lost, and what helps. */
export function sendLossMessage(kind: Kind, { missing, unsent, longestUnsent }: SendLosses): string {
  const packets = (count: number) => `${count} RTP ${count === 1 ? "packet" : "packets"} of ${kind}`;
  const sentences = [];
  if (missing > 0)
    sentences.push(
      `${packets(missing)} did not arrive at the gateway; send more evenly, or raise net.core.rmem_max on its host`,
    );
  if (unsent > 0)
    sentences.push(
      `${packets(unsent)} could not be sent to the peer, the longest of ${longestUnsent} bytes; send packets of at most ${SAFE_BYTES} bytes`,
    );
  return sentences.join(". ");
}
