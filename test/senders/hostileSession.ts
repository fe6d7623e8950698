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
/** The call beside it lasts for some time longer. */
const MARGIN_MS = 3_000;

/** How many malformed inputs came through. */
export interface Hostility {
  packets: number;
  offers: number;
}

/**
 * Sends malformed RTP, RTCP and offers inside established sessions, and a call beside them whose content is known.
 *
 * @param inputs packets; offers are sent in the same time.
 * @returns what came out of the call beside them.
 */
export async function besideHostility(inputs: number, seed: number): Promise<Outcome & Hostility> {
  const lengthMs = Math.ceil((inputs / PACKETS_PER_GROUP) * GROUP_MS) + MARGIN_MS;
  const frames = await numberedVp8(Math.floor(lengthMs / FRAME_MS), KEY_EVERY);
  const packets = await tone(Math.floor(lengthMs / SOUND_MS));
  const over = new AbortController();
  const hostile = Promise.all([sendPackets(inputs, seed), sendOffers(seed, over.signal)]);
  const plan = ({ video, audio }: Record<"video" | "audio", SentTrack>) => ({
    sendings: [...pictures(video, frames), ...sound(audio, packets)],
    endMs: lengthMs,
  });
  // A flood may overflow a socket: like a browser, the sender repeats what was lost.
  const recorded = await recordSending({ video: VP8, audio: OPUS }, plan, { answersNacks: true }).finally(() =>
    over.abort(),
  );
  const [sentPackets, sentOffers] = await hostile;
  const expected = { pictures: [0, frames.length], soundPackets: packets.length, seconds: lengthMs / 1000 } as const;
  return { ...compare(recorded, expected), packets: sentPackets, offers: sentOffers };
}

/** Through the SRTP of a WHIP session. @param count of packets that the library sends. Returns how many it sent. */
async function sendPackets(count: number, seed: number): Promise<number> {
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
  for (let group = 0; sent < count; group += 1) {
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
