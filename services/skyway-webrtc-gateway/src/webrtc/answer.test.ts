import { parse, write } from "sdp-transform";
import { describe, expect, it } from "vitest";
import { writeAnswer } from "./answer.ts";
import { planAnswer } from "./answerPlan.ts";
import type { CodecWish } from "./codecChoice.ts";
import { parseOffer } from "./offer.ts";
import {
  CHROMIUM,
  CHROMIUM_RECEIVE_ONLY,
  CHROMIUM_SIMULCAST,
  CHROMIUM_WITH_DATA,
  FIREFOX,
  SAFARI_LIKE,
} from "./offers.fixture.ts";

const local = {
  iceUfrag: "ours",
  icePwd: "ourPassword",
  fingerprint: "sha-256 AA:BB",
  setup: "active",
  endpoints: [
    { address: "203.0.113.7", port: 40_001 },
    { address: "172.18.0.4", port: 40_000 },
  ],
  version: 1,
} as const;
type Wishes = Record<"audio" | "video", { receive: boolean; wish?: CodecWish }>;
const BOTH: Wishes = { audio: { receive: true }, video: { receive: true } };

function answer(sdp: string, wishes: Wishes = BOTH) {
  const offer = parseOffer(sdp);
  const text = writeAnswer(offer, planAnswer(offer, wishes), local);
  const { media, groups } = parse(text);
  const of = (type: string) => {
    const found = media.find((one) => one.type === type);
    if (!found) throw new Error(`no ${type} in the answer`);
    return found;
  };
  return { text, media, groups, audio: () => of("audio"), video: () => of("video") };
}

/** What skyway-js 4.4.5 does to its offer for `videoCodec`: this also removes RTX. */
function filteredBySkyway(sdp: string, codec: string): string {
  const session = parse(sdp);
  for (const media of session.media.filter(({ type }) => type === "video")) {
    media.rtp = media.rtp.filter((rtp) => rtp.codec === codec);
    const left = media.rtp.map(({ payload }) => payload);
    media.fmtp = media.fmtp.filter(({ payload }) => left.includes(payload));
    media.rtcpFb = (media.rtcpFb ?? []).filter(({ payload }) => left.includes(Number(payload)));
    media.payloads = left.join(" ");
  }
  return write(session);
}

const OFFERS = { CHROMIUM, CHROMIUM_WITH_DATA, CHROMIUM_SIMULCAST, FIREFOX, SAFARI_LIKE };

describe.each(Object.entries(OFFERS))("the answer to %s", (_, sdp) => {
  it("is receive-only, and has no streams of its own", () => {
    const { text, audio, video } = answer(sdp);
    expect([audio().direction, video().direction]).toEqual(["recvonly", "recvonly"]);
    expect(text).not.toMatch(/a=(msid:|ssrc)/);
  });

  it("has no congestion feedback that we do not send, no forward error correction, no video orientation", () => {
    const { text } = answer(sdp);
    expect(text).not.toMatch(/transport-cc|transport-wide-cc|ulpfec|flexfec|\bred\b|video-orientation/);
  });

  it("has one codec, its retransmissions if offered, and NACK also for audio", () => {
    const { audio, video } = answer(sdp);
    expect(audio().rtp.map(({ codec }) => codec)).toEqual(["opus"]);
    expect(audio().rtcpFb?.map(({ type }) => type)).toEqual(["nack"]);
    expect(video().rtp.map(({ codec }) => codec)).toEqual([expect.stringMatching(/VP8|H264/), "rtx"]);
    const feedback = video().rtcpFb?.map(({ type, subtype }) => [type, subtype].filter(Boolean).join(" "));
    expect(feedback?.toSorted()).toEqual(["ccm fir", "goog-remb", "nack", "nack pli"]);
  });

  it("has a candidate for each announced address and port, and end-of-candidates", () => {
    const { media, text, audio } = answer(sdp);
    expect(audio().candidates?.map(({ ip, port, type }) => [ip, port, type])).toEqual([
      ["203.0.113.7", 40_001, "host"],
      ["172.18.0.4", 40_000, "host"],
    ]);
    const [first, second] = audio().candidates ?? [];
    expect(first?.priority).toBeGreaterThan(second?.priority ?? 0);
    expect(audio().connection?.ip).toBe("203.0.113.7");
    expect(audio().port).toBe(40_001);
    expect(text.match(/a=end-of-candidates/g)).toHaveLength(1);
    expect(media.length).toBe(parse(sdp).media.length);
  });

  it("answers every m-line with the same mid, and bundles the open ones", () => {
    const { media, groups } = answer(sdp);
    expect(media.map(({ mid }) => String(mid))).toEqual(parse(sdp).media.map(({ mid }) => String(mid)));
    expect(groups).toEqual([{ type: "BUNDLE", mids: media.map(({ mid }) => mid).join(" ") }]);
  });
});

describe("the answer", () => {
  it("keeps Firefox's payload types", () => {
    const { audio, video } = answer(FIREFOX);
    expect(audio().rtp[0]?.payload).toBe(109);
    expect(video().rtp.map(({ payload }) => payload)).toEqual([120, 124]);
    expect(video().fmtp).toEqual([{ payload: 124, config: "apt=120" }]);
  });

  it("has no RTX if skyway-js has removed it", () => {
    const { video } = answer(filteredBySkyway(CHROMIUM, "VP8"));
    expect(video().rtp.map(({ codec }) => codec)).toEqual(["VP8"]);
    expect(video().rtcpFb?.some(({ type, subtype }) => type === "nack" && subtype === undefined)).toBe(true);
  });

  it("keeps the profile of H264", () => {
    const { video } = answer(SAFARI_LIKE);
    expect(video().fmtp[0]?.config).toMatch(/packetization-mode=1;profile-level-id=640c1f/);
  });

  it("opens data channels, because PeerJS ends a call whose channel closes", () => {
    const data = answer(CHROMIUM_WITH_DATA).media.find(({ type }) => type === "application");
    expect(data).toMatchObject({ payloads: "webrtc-datachannel", sctpPort: 5000 });
    expect(data?.port).toBeGreaterThan(0);
  });

  it("receives one m-line of an offer without BUNDLE, and adds no group, which Chromium would refuse", () => {
    const { media, groups, audio } = answer(CHROMIUM.replace(/a=group:BUNDLE.*\r\n/, ""));
    expect(groups).toBeUndefined();
    expect(media.map(({ port, direction }) => [port > 0, direction])).toEqual([
      [true, "recvonly"],
      [false, "inactive"],
    ]);
    expect(audio().candidates).toHaveLength(2);
  });

  it("rejects data channels of a type that the library does not support", () => {
    const offer = CHROMIUM_WITH_DATA.replace("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000");
    const { media, groups } = answer(offer);
    expect(media.find(({ type }) => type === "application")).toMatchObject({ port: 0, direction: "inactive" });
    expect(groups?.[0]?.mids).toBe("0 1");
  });

  it("receives only the requested kinds, and keeps the complete bundle", () => {
    const { audio, video, groups } = answer(CHROMIUM, { audio: { receive: false }, video: { receive: true } });
    expect([audio().direction, video().direction]).toEqual(["inactive", "recvonly"]);
    expect(groups?.[0]?.mids).toBe("0 1");
    expect(audio().candidates?.length).toBe(2); // its m-line carries the transport
  });

  it("is inactive if the offerer only receives", () => {
    const { audio, video } = answer(CHROMIUM_RECEIVE_ONLY);
    expect([audio().direction, video().direction]).toEqual(["inactive", "inactive"]);
  });

  it("accepts one simulcast layer, the best", () => {
    const { text } = answer(CHROMIUM_SIMULCAST);
    expect(text).toContain("a=rid:f recv\r\na=simulcast:recv f\r\n");
    expect(text).toMatch(/a=extmap:\d+ urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id/);
  });

  it("limits the bandwidth if requested", () => {
    const wish = { codec: "VP8", bandwidthKbps: 800 };
    const { video, audio } = answer(CHROMIUM, { audio: { receive: true }, video: { receive: true, wish } });
    expect(video().bandwidth).toEqual([
      { type: "AS", limit: 800 },
      { type: "TIAS", limit: 800_000 },
    ]);
    expect(audio().bandwidth).toBeUndefined();
  });

  it("negotiates the caller's payload type, and keeps the requested one for redirected packets", () => {
    const wish = { codec: "H264", payloadType: 126 };
    const offer = parseOffer(CHROMIUM);
    const plan = planAnswer(offer, { audio: { receive: true }, video: { receive: true, wish } });
    expect(plan[1]).toMatchObject({ state: "received", codec: { payloadType: 102 }, redirectPayloadType: 126 });
    expect(plan[0]).toMatchObject({ state: "received", redirectPayloadType: undefined });
  });

  it("has only the relay candidate if callers use a TURN server", () => {
    const offer = parseOffer(CHROMIUM);
    const endpoints = [{ address: "192.0.2.3", port: 50_000, isRelayed: true }];
    const text = writeAnswer(offer, planAnswer(offer, BOTH), { ...local, endpoints });
    const priority = 65_535 * 2 ** 8 + 255;
    const candidate = `a=candidate:1 1 UDP ${priority} 192.0.2.3 50000 typ relay raddr 0.0.0.0 rport 0`;
    expect(text.match(/^a=(candidate:.*|end-of-candidates)(?=\r$)/gm)).toEqual([candidate, "a=end-of-candidates"]);
    expect(text).toContain("c=IN IP4 192.0.2.3\r\n");
  });

  it("writes IPv6 addresses as IP6", () => {
    const offer = parseOffer(CHROMIUM);
    const text = writeAnswer(offer, planAnswer(offer, BOTH), {
      ...local,
      endpoints: [{ address: "2001:db8::7", port: 40_000 }],
    });
    expect(text).toContain("c=IN IP6 2001:db8::7");
  });
});
