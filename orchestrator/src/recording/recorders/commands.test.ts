import { expect, test } from "vitest";
import { newCallId, newLegId, recorderIdOf } from "../../ids.ts";
import { USUAL_CODECS } from "./codecs.ts";
import { type AssemblyOrder, assembleCommand, recordCommand } from "./commands.ts";
import { portsFrom } from "./ports.ts";
import { trackSdp } from "./sdp.ts";

const startedAt = new Date("2026-11-23T10:00:00.250Z");
const callId = newCallId(startedAt);
const legId = newLegId(startedAt);
const recorderId = recorderIdOf(legId, 1);
const order: AssemblyOrder = {
  ...{ recorderId, callId, legId, startedAt, title: "Ada", parts: [] },
  ...{ format: "webm", tracks: "joined", transcode: "none" },
};

test("record lists the expected tracks, each with its SDP", () => {
  const { audio } = USUAL_CODECS;
  if (!audio) throw new Error("the default audio codec is opus");
  const [verb, id, ...tracks] = recordCommand(recorderId, { audio }, 20_000);
  expect([verb, id]).toEqual(["record", recorderId]);
  expect(tracks).toHaveLength(1);
  const [, sdp] = tracks[0]?.split(/=(.*)/s) ?? [];
  expect(Buffer.from(sdp ?? "", "base64").toString()).toBe(trackSdp("audio", portsFrom(20_000).audio, audio));
});

test("assemble contains each track's position and the file's properties", () => {
  const parts = [
    { kind: "audio" as const, recorderId, offsetSeconds: 0, scale: 1 },
    { kind: "video" as const, recorderId: recorderIdOf(legId, 1), offsetSeconds: 2.0675, scale: 1.00001 },
    { kind: "video" as const, recorderId: recorderIdOf(legId, 2), offsetSeconds: 9, scale: 1.00001 },
  ];
  expect(assembleCommand({ ...order, recorderId: recorderIdOf(legId, 2), parts })).toEqual([
    "assemble",
    recorderIdOf(legId, 2),
    "format=webm",
    `audio=0.000000,1.000000000,${recorderId}`,
    `video=2.067500,1.000010000,${recorderId}`,
    "video=9.000000,1.000010000",
    "title=Ada",
    "date=2026-11-23T10:00:00.250Z",
    `call_id=${callId}`,
    `leg_id=${legId}`,
  ]);
});

test("assemble contains options that differ from the default", () => {
  const [, , ...command] = assembleCommand({ ...order, tracks: "separate", transcode: "vorbis", untilSeconds: 15.25 });
  expect(command).toEqual(expect.arrayContaining(["tracks=separate", "transcode=vorbis", "until=15.250"]));
});

test("a title chosen by a caller becomes one short line of text", () => {
  const title = assembleCommand({ ...order, title: `a\0b\r\nc\u009d${"x".repeat(500)}\ud800` }).find((argument) =>
    argument.startsWith("title="),
  );
  expect(title).toMatch(/^title=a b {2}c x+$/);
  expect(title?.length).toBe("title=".length + 200);
});

test("a title is cut between characters", () => {
  const command = assembleCommand({ ...order, title: `x${"🎥".repeat(300)}` });
  expect(command.join("").isWellFormed()).toBe(true);
  expect(command).toContain(`title=x${"🎥".repeat(199)}`);
});
