import { expect, test } from "vitest";
import { trackEnds } from "./verify.ts";

const probed = (...streams: object[]) =>
  JSON.stringify({
    format: { duration: "11.0" },
    streams: streams.map((one) => ({ codec_name: "x", nb_read_packets: "9", ...one })),
  });

test("the ends of tracks are known in Matroska and in MP4", () => {
  const matroska = { codec_type: "video", tags: { DURATION: "01:00:03.500000000" } };
  expect(trackEnds(probed(matroska, { codec_type: "audio", duration: "11.0" }))).toEqual({ video: 3603.5, audio: 11 });
});

test("a track without an end, and invalid output, have none", () => {
  expect(trackEnds(probed({ codec_type: "video" }))).toEqual({});
  expect(trackEnds("{}")).toEqual({});
});
