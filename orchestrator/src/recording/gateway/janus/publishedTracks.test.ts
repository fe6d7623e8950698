import { expect, test } from "vitest";
import { publishedTracks } from "./publishedTracks.ts";

const codecs = (...streams: { type: string; codec?: string; disabled?: boolean }[]) =>
  publishedTracks({ streams }).map(({ offered }) => offered[0]?.codec);

test("the first stream of each kind counts, whatever else is published", () => {
  expect(
    codecs({ type: "video", codec: "h264" }, { type: "audio", codec: "pcma" }, { type: "video", codec: "vp8" }),
  ).toEqual(["PCMA", "H264"]);
  expect(codecs({ type: "data" }, { type: "audio", codec: "opus" })).toEqual(["opus"]);
});

test("what is disabled, and what cannot be recorded, is not there", () => {
  expect(codecs({ type: "audio", disabled: true }, { type: "video", codec: "vp9" })).toEqual([]);
  expect(codecs({ type: "video", disabled: true }, { type: "video", codec: "vp8" })).toEqual([]);
});
