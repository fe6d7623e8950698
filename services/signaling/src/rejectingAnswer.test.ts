import { expect, test } from "vitest";
import { rejectingAnswer } from "./rejectingAnswer.ts";

const OFFER = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0 1 2",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=mid:0",
  "a=rtpmap:111 opus/48000/2",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
  "a=rtpmap:96 VP8/90000",
  "a=mid:1",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=mid:2",
  "",
].join("\r\n");

test("every m-line is answered with port 0, in the offer's order", () => {
  const lines = rejectingAnswer(OFFER)?.split("\r\n") ?? [];

  expect(lines.filter((line) => line.startsWith("m="))).toEqual([
    "m=audio 0 UDP/TLS/RTP/SAVPF 111",
    "m=video 0 UDP/TLS/RTP/SAVPF 96",
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
  ]);
  expect(lines.filter((line) => line.startsWith("a=mid:"))).toEqual(["a=mid:0", "a=mid:1", "a=mid:2"]);
  expect(lines.filter((line) => line.startsWith("a=rtpmap:"))).toEqual([
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:96 VP8/90000",
  ]);
  expect(lines.some((line) => line.startsWith("a=group"))).toBe(false); // a rejected m-line is in no group
});

test.each([
  ["an empty text", ""],
  ["an offer without m-lines", "v=0\r\n"],
  ["a malformed m-line", "v=0\r\nm=audio\r\n"],
  ["a malformed m-line among others", `${OFFER}m=video\r\n`],
])("%s has no rejecting answer", (_, offer) => expect(rejectingAnswer(offer)).toBeUndefined());
