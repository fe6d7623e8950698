import { randomUUID } from "node:crypto";
import { AV1, OPUS, VP8 } from "./media.ts";
import type { Outcome, SenderCase } from "./senderCase.ts";
import type { TrackSettings } from "./sentTrack.ts";
import { Refused, WhipClient } from "./whipClient.ts";

const REASON_LENGTH = 10;

/** An offer that must be refused with 4xx and a reason (RFC 9725, section 4.2). */
function refusedOffer(
  name: string,
  tracks: Record<string, TrackSettings>,
  rewriteOffer: (sdp: string) => string = (sdp) => sdp,
): SenderCase {
  return { name, run: () => offer(tracks, rewriteOffer) };
}

async function offer(tracks: Record<string, TrackSettings>, rewriteOffer: (sdp: string) => string): Promise<Outcome> {
  try {
    await using _ = await WhipClient.open({ peerId: `sender-${randomUUID()}`, tracks, rewriteOffer });
    return { found: "201", complaints: ["it was answered 201"] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, body } = error;
    const complaints: string[] = [];
    if (status < 400 || status >= 500) complaints.push(`it was answered ${status}`);
    if (body.length < REASON_LENGTH) complaints.push("the answer names no reason");
    return { found: `${status}: ${body}`, complaints };
  }
}

const VIDEO_LINES = /m=video [\s\S]*?(?=m=|$)/;
const LINES = 1_000;

export const OFFER_CASES: readonly SenderCase[] = [
  refusedOffer("AV1 alone beside Opus", { video: AV1, audio: OPUS }),
  refusedOffer("an offer of AV1 only", { video: AV1 }),
  refusedOffer("an offer without BUNDLE", { video: VP8, audio: OPUS }, (sdp) =>
    sdp.replace(/a=group:BUNDLE.*\r\n/, ""),
  ),
  refusedOffer("a codec that does not exist", { video: { ...VP8, codec: "VP12" }, audio: OPUS }),
  refusedOffer("empty SDP", { video: VP8 }, () => ""),
  refusedOffer("an offer with no m-line", { video: VP8 }, (sdp) => sdp.replace(VIDEO_LINES, "")),
  refusedOffer(
    `an offer with ${LINES} m-lines`,
    { video: VP8 },
    (sdp) => sdp + sdp.match(VIDEO_LINES)?.[0].repeat(LINES),
  ),
];
