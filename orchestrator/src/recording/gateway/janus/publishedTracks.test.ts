import { expect, test } from "vitest";
import { publishedTracks } from "./publishedTracks.ts";

const codecs = (...streams: { type: string; codec?: string; disabled?: boolean }[]) =>
  publishedTracks({ streams }).map(({ offered }) => offered[0]?.codec);

test("only the first stream of each kind is used", () => {
  expect(
    codecs({ type: "video", codec: "h264" }, { type: "audio", codec: "pcma" }, { type: "video", codec: "vp8" }),
  ).toEqual(["PCMA", "H264"]);
  expect(codecs({ type: "data" }, { type: "audio", codec: "opus" })).toEqual(["opus"]);
});

test("disabled streams, and streams that cannot be recorded, are ignored", () => {
  expect(codecs({ type: "audio", disabled: true }, { type: "video", codec: "vp9" })).toEqual([]);
  expect(codecs({ type: "video", disabled: true }, { type: "video", codec: "vp8" })).toEqual([]);
});
