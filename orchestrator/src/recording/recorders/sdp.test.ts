import { expect, test } from "vitest";
import { USUAL_CODECS } from "./codecs.ts";
import { trackSdp } from "./sdp.ts";

const { audio, video } = USUAL_CODECS;
if (!audio || !video) throw new Error("there are default codecs of both kinds");

test("video is described by its clock rate only", () => {
  expect(trackSdp("video", 5000, video)).toBe(
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
  );
});

test("audio includes its number of channels (RFC 7587, section 7)", () => {
  expect(trackSdp("audio", 5002, audio)).toContain("m=audio 5002 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n");
});

test("format parameters are passed on", () => {
  expect(trackSdp("video", 5000, { ...video, codec: "H264", fmtp: "packetization-mode=1" })).toContain(
    "a=fmtp:96 packetization-mode=1\r\n",
  );
});

test("a caller's format parameters cannot add lines", () => {
  const lines = trackSdp("video", 5000, { ...video, fmtp: "x=1\r\nm=audio 22 RTP/AVP 0\u2028a=b\n" }).split("\r\n");
  expect(lines.filter((line) => line.startsWith("m="))).toHaveLength(1);
  expect(trackSdp("video", 5000, { ...video, fmtp: "y".repeat(10_000) }).length).toBeLessThan(1_500);
});
