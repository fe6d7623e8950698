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
  expect(lackingMedia(AUDIO_ONLY, { audio: 10 }, false)).toBeUndefined();
  expect(lackingMedia(AUDIO_ONLY, {}, false)).toBeUndefined();
  const error = lackingMedia(AUDIO_ONLY, { audio: 10, video: 300 }, false);
  expect(error?.code).toBe("MEDIA_INCOMPLETE");
  expect(error?.message).toContain(": 300 packets of video arrived");
});

test("after the loss of a recorder, that is the error, and it names the missing kind too", () => {
  expect(lackingMedia(AUDIO_ONLY, { audio: 10 }, true)?.code).toBe("RECORDER_LOST");
  const error = lackingMedia(AUDIO_ONLY, { video: 300 }, true);
  expect(error?.code).toBe("RECORDER_LOST");
  expect(error?.message).toContain("300 packets of video arrived");
});
