import { describe, expect, it } from "vitest";
import { writeAnswer } from "./answer.ts";
import { planAnswer } from "./answerPlan.ts";
import { agreed, planOffer, writeOffer } from "./callOffer.ts";
import { parseOffer } from "./offer.ts";
import { CHROMIUM } from "./offers.fixture.ts";

const LOCAL = {
  iceUfrag: "ours",
  icePwd: "ourPassword",
  fingerprint: "sha-256 AA:BB",
  endpoints: [{ address: "203.0.113.7", port: 40_000 }],
  version: 1,
};
const SENT = { ssrc: 4242, msid: "stream track" };
const RECEIVE = { audio: { receive: true }, video: { receive: true } };

describe("our offer", () => {
  it("has every codec that we know, receive-only and without candidates, if no codec is requested", () => {
    const text = writeOffer(planOffer(RECEIVE), LOCAL);
    const { media, bundle } = parseOffer(text);
    expect(bundle).toEqual(["0", "1"]);
    expect(media.map(({ codecs }) => codecs.map(({ codec }) => codec))).toEqual([
      ["opus", "PCMU", "PCMA"],
      ["VP8", "H264", "VP9"],
    ]);
    expect(text.match(/a=recvonly/g)).toHaveLength(2);
    expect(text).not.toMatch(/a=(candidate|ssrc|msid:)/);
    const payloads = media.flatMap(({ formats }) => formats.split(" "));
    expect(new Set(payloads).size).toBe(payloads.length);
  });

  it("has the requested codec and payload type, and our source", () => {
    const wish = { codec: "h264", payloadType: 96 };
    const text = writeOffer(
      planOffer({ audio: { receive: false }, video: { receive: false, wish, sent: SENT } }),
      LOCAL,
    );
    const [video] = parseOffer(text).media;
    expect(video?.codecs).toMatchObject([{ codec: "H264", payloadType: 96, rtxPayloadType: 97 }]);
    expect(text).toContain("a=sendonly\r\na=msid:stream track\r\na=ssrc:4242 cname:gateway");
  });

  it("tells another gateway that it comes from one, and the answer says that this was understood", () => {
    const plan = planOffer(RECEIVE);
    const offer = parseOffer(writeOffer(plan, { ...LOCAL, isGateway: true }));
    expect(offer.transport.isGateway).toBe(true);
    expect(parseOffer(writeOffer(plan, LOCAL)).transport.isGateway).toBe(false);
    const answer = (to: typeof offer) => writeAnswer(to, planAnswer(to, RECEIVE), { ...LOCAL, setup: "active" });
    expect(parseOffer(answer(offer)).transport.isGateway).toBe(true);
    expect(answer(parseOffer(CHROMIUM))).not.toContain("gateway");
  });

  it.each([
    ["G711", undefined, "PCMU", 0],
    ["G711", 8, "PCMA", 8],
    ["pcma", undefined, "PCMA", 8],
    ["OPUS", 96, "opus", 96],
  ])("knows %s with payload type %s", (codec, payloadType, name, expected) => {
    const wish = { codec, ...(payloadType !== undefined && { payloadType }) };
    const [audio] = planOffer({ audio: { receive: true, wish }, video: { receive: false } });
    expect(audio?.codecs).toMatchObject([{ codec: name, payloadType: expected }]);
  });

  it.each([
    ["nothing at all", { audio: { receive: false }, video: { receive: false } }],
    ["an unknown codec", { ...RECEIVE, audio: { receive: true, wish: { codec: "AMR" } } }],
    [
      "a payload type that is mistaken for RTCP",
      { ...RECEIVE, video: { receive: true, wish: { codec: "VP8", payloadType: 72 } } },
    ],
    [
      "one payload type for two codecs",
      {
        audio: { receive: true, wish: { codec: "OPUS", payloadType: 96 } },
        video: { receive: true, wish: { codec: "VP8", payloadType: 96 } },
      },
    ],
  ])("is refused for %s", (_, options) => {
    expect(() => planOffer(options)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe("the answer to it", () => {
  it("leaves the media that the peer sends and receives", () => {
    const wish = { codec: "VP8", payloadType: 100 };
    const plan = planOffer({ audio: { receive: true }, video: { receive: true, wish, sent: SENT } });
    const answer = parseOffer(
      writeOffer(plan, LOCAL).replace("a=recvonly", "a=sendonly").replace("a=setup:actpass", "a=setup:active"),
    );
    expect(agreed(plan, answer)).toMatchObject([
      { state: "received", kind: "audio", codec: { codec: "opus" } },
      { state: "received", kind: "video", codec: { payloadType: 100 }, sent: SENT, redirectPayloadType: undefined },
    ]);
    const receivesOnly = parseOffer(writeOffer(plan, LOCAL).replaceAll("a=sendrecv", "a=recvonly"));
    expect(agreed(plan, receivesOnly)).toMatchObject([{ state: "inactive" }, { state: "inactive", sent: SENT }]);
  });
});
