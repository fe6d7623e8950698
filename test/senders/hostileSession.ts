import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { hostileOffer } from "../../services/skyway-webrtc-gateway/src/fuzz/hostileOffers.ts";
import { damaged, hostileStep } from "../../services/skyway-webrtc-gateway/src/fuzz/hostilePackets.ts";
import { SimulatedSender } from "../../services/skyway-webrtc-gateway/src/rtp/simulatedSender.ts";
import { Caller } from "../../services/skyway-webrtc-gateway/src/testing/caller.ts";
import { ORIGIN, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { compare } from "./expectations.ts";
import { FRAME_MS, OPUS, pictures, SOUND_CLOCK, SOUND_MS, sound, tone, VIDEO_CLOCK, VP8 } from "./media.ts";
import { numberedVp8 } from "./numberedVideo.ts";
import { type Outcome, recordSending } from "./senderCase.ts";
import type { SentTrack } from "./sentTrack.ts";
import { WhipClient } from "./whipClient.ts";

const PACKETS_PER_GROUP = 30;
const GROUP_MS = 10;
/** Signalling takes 200 messages a second from a client. */
const OFFER_INTERVAL_MS = 6;
const KEY_EVERY = 30;
/** Length of the calls beside it. */
const CALL_MS = 9_000;
const SEEDS_OF_A_SESSION = 1_000_000;

/** How many malformed inputs came through. */
export interface Hostility {
  packets: number;
  offers: number;
}

/**
 * Sends malformed RTP, RTCP and offers inside established sessions, and beside them calls whose content is known, one
 * after the other until all is sent.
 *
 * @param inputs packets; offers are sent in the same time.
 * @returns what came out of the calls beside them.
 */
export async function besideHostility(inputs: number, seed: number): Promise<Outcome & Hostility> {
  const frames = await numberedVp8(CALL_MS / FRAME_MS, KEY_EVERY);
  const packets = await tone(CALL_MS / SOUND_MS);
  const plan = ({ video, audio }: Record<"video" | "audio", SentTrack>) => ({
    sendings: [...pictures(video, frames), ...sound(audio, packets)],
    endMs: CALL_MS,
  });
  const expected = { pictures: [0, frames.length], soundPackets: packets.length, seconds: CALL_MS / 1000 } as const;
  const over = new AbortController();
  const sending = sendPackets(inputs, seed).finally(() => over.abort());
  const hostile = Promise.all([sending, sendOffers(seed, over.signal)]);
  const found: string[] = [];
  const complaints: string[] = [];
  while (!over.signal.aborted) {
    // A flood may overflow a socket: like a browser, the sender repeats what was lost.
    const outcome = compare(await recordSending({ video: VP8, audio: OPUS }, plan, { answersNacks: true }), expected);
    found.push(outcome.found);
    complaints.push(...outcome.complaints.map((one) => `call ${found.length}: ${one}`));
  }
  const [sentPackets, sentOffers] = await hostile;
  return { found: found.join("; "), complaints, packets: sentPackets, offers: sentOffers };
}

/**
 * Through the SRTP of WHIP sessions, one after the other: a session may end, because gateway and sender count SRTP
 * packets differently after random sequence numbers (RFC 3711, section 3.3.1).
 *
 * @param count of packets that the library sends. Returns how many it sent.
 */
async function sendPackets(count: number, seed: number): Promise<number> {
  let sent = 0;
  for (let session = 0; sent < count; session += 1) {
    const more = await sendInSession(count - sent, seed + session * SEEDS_OF_A_SESSION);
    if (more === 0) throw new Error(`session ${session} sent nothing, after ${sent} packets`);
    sent += more;
  }
  return sent;
}

/** Until all are sent, or the session has ended. */
async function sendInSession(count: number, seed: number): Promise<number> {
  await using client = await WhipClient.open({
    peerId: `hostile-${randomUUID()}`,
    tracks: { video: VP8, audio: OPUS },
  });
  const { video } = client.tracks;
  const senders = {
    video: new SimulatedSender({ ssrc: VP8.ssrc, payloadType: VP8.payloadType, clockRate: VIDEO_CLOCK }),
    audio: new SimulatedSender({ ssrc: OPUS.ssrc, payloadType: OPUS.payloadType, clockRate: SOUND_CLOCK }),
  };
  let sent = 0;
  for (let group = 0; sent < count && client.isConnected; group += 1) {
    await delay(GROUP_MS);
    // The library refuses about two of three: they are no RTP or RTCP.
    for (const step of fc.sample(hostileStep, { seed: seed + group, numRuns: 3 * PACKETS_PER_GROUP })) {
      const { kind, damage, bytes } = step;
      if (kind === "bytes") sent += video.raw(Buffer.from(bytes)) ? 1 : 0;
      else
        for (const packet of senders[kind as "video" | "audio"].frame(SOUND_MS, 1)) {
          sent += video.raw(damaged(packet, damage, group)) ? 1 : 0;
        }
    }
  }
  return sent;
}

/** As renegotiation of a call that is up. Returns how many were sent. */
async function sendOffers(seed: number, until: AbortSignal): Promise<number> {
  using caller = await Caller.open({ signalingOrigin: ORIGIN }, `hostile-${randomUUID()}`);
  caller.call(RECORDER_PEER_ID);
  await caller.receives("ANSWER");
  caller.sendMedia();
  const to = { dst: RECORDER_PEER_ID, connectionId: caller.connectionId, connectionType: "media" };
  let sent = 0;
  for (; !until.aborted; sent += 1) {
    const [sdp = ""] = fc.sample(hostileOffer, { seed: seed + sent, numRuns: 1 });
    caller.socket.emit("SEND_OFFER", { ...to, offer: { type: "offer", sdp } });
    await delay(OFFER_INTERVAL_MS);
  }
  return sent;
}
