import { describe, expect, test } from "vitest";
import { newCallId, newLegId, type PeerId, recorderIdOf } from "../../ids.ts";
import { USUAL_CODECS } from "../../recording/recorders/codecs.ts";
import { type LegIn, Manifest, type ManifestLeg } from "../library/manifest.ts";
import { callState, viewOf } from "./view.ts";

const T0 = "2026-11-23T10:00:00.000Z";
const id = newLegId(new Date(T0));
const base = {
  id,
  peerId: "ada",
  metadata: { seat: 1 },
  recorderPeerId: "TestRecorder" as PeerId,
  mediaConnectionId: "mc-1" as LegIn<"recording">["mediaConnectionId"],
  ringingAt: T0,
};
const recorded = { ...base, recorderId: recorderIdOf(id, 1), codecs: USUAL_CODECS, tracks: [] };
const times = { startedAt: "2026-11-23T10:00:01.000Z", endedAt: "2026-11-23T10:00:21.000Z" };
const file = { name: `${id}.webm`, bytes: 10, durationSeconds: 20, streams: [] };
const ringing: ManifestLeg = { ...base, state: "ringing" };
const recording: ManifestLeg = { ...recorded, state: "recording", startedAt: times.startedAt };
const ready: ManifestLeg = { ...recorded, ...times, state: "ready", reason: "force_close", file };
const failed: ManifestLeg = {
  ...base,
  state: "failed",
  endedAt: "2026-11-23T10:00:05.000Z",
  error: { code: "NO_MEDIA", message: "…", hint: "…" },
};

describe("a call's state follows from its legs", () => {
  test.each([
    [[ringing], "ringing"],
    [[recording, ringing], "recording"],
    [[ready, recording], "recording"],
    [[ready, ringing], "ringing"],
    [[ready, failed], "ready"],
    [[failed, ready], "ready"],
    [[failed], "failed"],
  ] as [ManifestLeg[], string][])("case %#: %s", (legs, state) => expect(callState(legs)).toBe(state));
});

test("the API shows peers, times and files, but no internals", () => {
  const manifest: Manifest = {
    version: 1,
    id: newCallId(new Date(T0)),
    key: null,
    startedAt: T0,
    legs: [ready, failed],
  };
  expect(viewOf(manifest)).toEqual({
    id: manifest.id,
    state: "ready",
    startedAt: T0,
    endedAt: times.endedAt,
    legs: [
      { id, peerId: "ada", metadata: { seat: 1 }, state: "ready", ...times, reason: "force_close", file },
      {
        id,
        peerId: "ada",
        metadata: { seat: 1 },
        state: "failed",
        startedAt: T0,
        endedAt: "2026-11-23T10:00:05.000Z",
        error: { code: "NO_MEDIA", message: "…", hint: "…" },
      },
    ],
  });
});

test("the API lists files of single tracks if a leg has them", () => {
  const trackFiles = [{ ...file, name: `${id}-audio.webm` }];
  const manifest = {
    version: 1,
    id: newCallId(new Date(T0)),
    key: null,
    startedAt: T0,
    legs: [{ ...ready, trackFiles }],
  };
  expect(viewOf(manifest as Manifest).legs[0]?.trackFiles).toEqual(trackFiles);
  expect(Object.keys(viewOf({ ...manifest, legs: [ready] } as Manifest).legs[0] ?? {})).not.toContain("trackFiles");
});

test("a running call has no end time", () => {
  const manifest: Manifest = {
    version: 1,
    id: newCallId(new Date(T0)),
    key: null,
    startedAt: T0,
    legs: [ready, recording],
  };
  expect(viewOf(manifest).endedAt).toBeNull();
});

test("the API shows what a leg lacks", () => {
  const notes = [{ code: "LOST", kind: "video" as const, message: "…", hint: "…", at: T0, seconds: 0.5 }];
  const manifest: Manifest = {
    version: 1,
    id: newCallId(new Date(T0)),
    key: null,
    startedAt: T0,
    legs: [{ ...ready, notes }],
  };
  expect(viewOf(manifest).legs[0]?.notes).toEqual(notes);
  expect(Manifest.parse(JSON.parse(JSON.stringify(manifest))).legs[0]?.notes).toEqual(notes);
});
