import { describe, expect, test } from "vitest";
import type { ManifestTrack } from "../../archive/library/manifest.ts";
import type { RecorderId } from "../../ids.ts";
import { USUAL_CODECS } from "../recorders/codecs.ts";
import { packetsAsText, receivedPackets } from "./receivedPackets.ts";

const track = (kind: "audio" | "video", packets: number, duplicates = 0, padding = 0): ManifestTrack => ({
  kind,
  clock: null,
  counters: { packets_received: packets, packets_duplicate: duplicates, packets_padding: padding },
});
const file = { recorderId: "leg-p1" as RecorderId, codecs: USUAL_CODECS };

describe("the packets that the gateway received for a file", () => {
  test("are counted by kind, without duplicates", () => {
    const tracks = [track("audio", 161), track("video", 40, 10)];
    expect(receivedPackets({ ...file, tracks })).toEqual({ audio: 161, video: 30 });
  });

  test("do not include kinds that were not negotiated, or of which nothing came", () => {
    const { audio } = USUAL_CODECS;
    const codecs = { ...(audio && { audio }) };
    expect(receivedPackets({ ...file, codecs, tracks: [track("audio", 0), track("video", 40)] })).toEqual({});
  });

  test("do not include padding, which only probes for bandwidth", () => {
    const tracks = [track("audio", 161, 1, 10), track("video", 40, 0, 40)];
    expect(receivedPackets({ ...file, tracks })).toEqual({ audio: 150 });
  });

  test("are those of all parts, because the gateway counts from the start of the call", () => {
    const lost = { recorderId: file.recorderId, tracks: [track("audio", 50)], endedAt: "", reason: "recorder_lost" };
    expect(receivedPackets({ ...file, parts: [lost], tracks: [] })).toEqual({ audio: 50 });
    expect(receivedPackets({ ...file, parts: [lost], tracks: [track("audio", 70)] })).toEqual({ audio: 70 });
  });

  test("do not include those of the leg's previous file", () => {
    const tracks = [track("audio", 161), track("video", 40)];
    expect(receivedPackets({ ...file, tracks }, { tracks: [track("audio", 100), track("video", 40)] })).toEqual({
      audio: 61,
    });
  });

  test("are zero for a gateway that does not count", () => {
    expect(receivedPackets({ ...file, tracks: [{ kind: "audio", clock: null, counters: {} }] })).toEqual({});
  });
});

test("packets are described by kind", () => {
  expect(packetsAsText({ audio: 161 })).toBe("161 packets of audio");
  expect(packetsAsText({ audio: 1, video: 30 })).toBe("1 packet of audio, 30 packets of video");
});
