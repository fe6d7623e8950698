import { describe, expect, test } from "vitest";
import type { Kind } from "../../archive/library/manifest.ts";
import { type Codec, chooseCodecs, containerFormat, laterTracks, USUAL_CODECS } from "./codecs.ts";

const codec = (name: string, payloadType: number): Codec => ({
  codec: name,
  payloadType,
  samplingRate: 90_000,
  channels: 1,
  fmtp: "",
});
const offer = (kind: Kind, ...names: string[]) => ({ kind, offered: names.map((name, at) => codec(name, 96 + at)) });
const preferences = { video: ["VP8", "VP9", "H264"], audio: ["opus", "PCMU"] };

describe("of a caller's offer", () => {
  test("the recorder's first preference is chosen, regardless of the caller's", () => {
    const { video, audio } = chooseCodecs([offer("audio", "PCMU", "opus"), offer("video", "H264", "VP8")], preferences);
    expect(video).toEqual(codec("VP8", 97));
    expect(audio).toEqual(codec("opus", 97));
  });

  test("names are compared as in SDP, case-insensitively", () => {
    expect(chooseCodecs([offer("audio", "OPUS")], preferences).audio?.codec).toBe("OPUS");
  });

  test("a kind that is not offered is not recorded", () => {
    const chosen = chooseCodecs([offer("audio", "opus")], preferences);
    expect(chosen.video).toBeUndefined();
  });

  test("a kind without a supported codec does not prevent the other from being recorded", () => {
    const chosen = chooseCodecs([offer("audio", "opus"), offer("video", "AV1")], preferences);
    expect(chosen).toMatchObject({ audio: { codec: "opus" }, video: undefined });
  });

  test("the recorder is prepared for a kind that comes later, in the preferred codec that every browser has", () => {
    const audioOnly = [offer("audio", "opus")];
    const chosen = chooseCodecs([...audioOnly, ...laterTracks(audioOnly)], { ...preferences, video: ["AV1", "VP9"] });
    expect(chosen).toMatchObject({ audio: { codec: "opus" }, video: { codec: "VP9", samplingRate: 90_000 } });
    expect(laterTracks([offer("audio", "opus"), offer("video", "AV1")])).toEqual([]);
    const unknown = [offer("audio", "G729")];
    expect(() => chooseCodecs([...unknown, ...laterTracks(unknown)], preferences)).toThrow("offered: G729");
  });

  test("the first of two tracks of the same kind is recorded", () => {
    const screen = { kind: "video" as const, offered: [codec("VP8", 120)] };
    expect(chooseCodecs([offer("video", "VP8"), screen], preferences).video?.payloadType).toBe(96);
  });

  test("no common codec is an error that lists the offered codecs", () => {
    expect(() => chooseCodecs([offer("video", "AV1", "AV1")], preferences)).toThrow("offered: AV1");
    expect(() => chooseCodecs([], preferences)).toThrow("offered: none");
  });
});

describe("the container", () => {
  const plain = { transcode: "none", h264Container: "mkv" } as const;
  const withH264 = { ...USUAL_CODECS, video: codec("H264", 96) };
  const withG711 = { ...USUAL_CODECS, audio: codec("PCMU", 0) };

  test("is WebM for codecs that it supports, Matroska for all others", () => {
    expect(containerFormat(USUAL_CODECS, plain)).toBe("webm");
    expect(containerFormat({ audio: codec("opus", 111) }, plain)).toBe("webm");
    expect(containerFormat(withH264, plain)).toBe("mkv");
    expect(containerFormat(withG711, plain)).toBe("mkv");
  });

  test("is MP4 for H264 if configured and the audio codec is supported", () => {
    const form = { ...plain, h264Container: "mp4" } as const;
    expect(containerFormat(withH264, form)).toBe("mp4");
    expect(containerFormat({ video: codec("H264", 96) }, form)).toBe("mp4");
    expect(containerFormat({ ...withH264, audio: codec("PCMU", 0) }, form)).toBe("mkv");
    expect(containerFormat(withH264, { ...form, transcode: "vorbis" })).toBe("mkv");
    expect(containerFormat(USUAL_CODECS, form)).toBe("webm");
  });

  test("depends on the audio codec after transcoding", () => {
    expect(containerFormat(withG711, { ...plain, transcode: "vorbis" })).toBe("webm");
  });
});
