import { expect, test } from "vitest";
import { lackingMedia, withoutMedia } from "./missingMedia.ts";

const AUDIO_ONLY = { streams: [{ kind: "audio" as const, codec: "opus" }] };

test("a file without media is NO_MEDIA only if not a single packet arrived", () => {
  expect(withoutMedia({}, { reason: "closed" }).code).toBe("NO_MEDIA");
  const error = withoutMedia({ audio: 161, video: 1 }, { reason: "closed" });
  expect(error.code).toBe("MEDIA_UNREADABLE");
  expect(error.message).toContain(": 161 packets of audio, 1 packet of video arrived");
});

test("a lost recorder is the reason for a file without media, whatever arrived", () => {
  expect(withoutMedia({ audio: 161 }, { reason: "recorder_lost" }).code).toBe("RECORDER_LOST");
});

test("a file lacks the kinds that arrived and are not in it", () => {
  expect(lackingMedia(AUDIO_ONLY, { audio: 10 }, { isLossy: false })).toBeUndefined();
  expect(lackingMedia(AUDIO_ONLY, {}, { isLossy: false })).toBeUndefined();
  const error = lackingMedia(AUDIO_ONLY, { audio: 10, video: 300 }, { isLossy: false });
  expect(error?.code).toBe("MEDIA_INCOMPLETE");
  expect(error?.message).toContain(": 300 packets of video arrived");
});

test("after the loss of a recorder, that is the error, and it names the missing kind too", () => {
  expect(lackingMedia(AUDIO_ONLY, { audio: 10 }, { isLossy: true })?.code).toBe("RECORDER_LOST");
  const error = lackingMedia(AUDIO_ONLY, { video: 300 }, { isLossy: true });
  expect(error?.code).toBe("RECORDER_LOST");
  expect(error?.message).toContain("300 packets of video arrived");
});

test("a kind that the file has and no decoder can read is an error, and so is a file with nothing else", () => {
  const both = { streams: [...AUDIO_ONLY.streams, { kind: "video" as const, codec: "vp8" }] };
  const received = { audio: 10, video: 300 };
  const error = lackingMedia(both, received, { isLossy: false, unreadable: ["video"] });
  expect(error?.code).toBe("MEDIA_UNREADABLE");
  expect(error?.message).toContain("the video of the file cannot be decoded");
  expect(error?.hint).toContain("end to end");
  expect(lackingMedia(both, {}, { isLossy: false, unreadable: ["audio"] })?.code).toBe("MEDIA_UNREADABLE");
  expect(lackingMedia({ streams: [] }, received, { isLossy: false })?.code).toBe("MEDIA_UNREADABLE");
});
