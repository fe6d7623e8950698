import { expect, test } from "vitest";
import type { LegIn, ManifestTrack } from "../../archive/library/manifest.ts";
import { newLegId } from "../../ids.ts";
import { readyLeg } from "../../testing/manifests.ts";
import { castOf } from "./cast.ts";

const T0 = 1_760_000_000_000;

function leg(startMs: number, seconds: number, metadata: unknown, peerId = "caller"): LegIn<"ready"> {
  const base = readyLeg(new Date(startMs), newLegId(new Date(startMs)));
  const track = (kind: "audio" | "video", firstUnixMs: number): ManifestTrack => ({
    kind,
    clock: { firstUnixMs, rate: 1, source: "sender_report" },
    counters: {},
  });
  return {
    ...base,
    ...{ metadata, peerId, endedAt: new Date(startMs + seconds * 1000 + 200).toISOString() },
    tracks: [track("audio", startMs + 120.25), track("video", startMs)],
    file: {
      name: `${base.id}.webm`,
      bytes: 1,
      durationSeconds: seconds,
      streams: [
        { kind: "audio", codec: "opus" },
        { kind: "video", codec: "vp8" },
      ],
    },
  };
}

test("recordings start with their first track, on the gateway's clock", () => {
  const { roles, durationSeconds, startedAt } = castOf([leg(T0 + 2_500.5, 10, {}, "b"), leg(T0, 8, {}, "a")]);
  expect(roles.map(({ takes }) => takes[0]?.offsetSeconds)).toEqual([0, 2.5005]);
  expect(durationSeconds).toBeCloseTo(12.5005);
  expect(startedAt.getTime()).toBe(T0);
});

test("if the gateway does not report track times, the start of the leg's recording is used", () => {
  const blind = { ...leg(T0 + 1_000, 5, {}, "b"), tracks: [] };
  const { roles } = castOf([leg(T0, 5, {}, "a"), blind]);
  expect(roles[1]?.takes[0]?.offsetSeconds).toBe(1);
});

test("a participant who returns is the same one; two with one name at the same time are two", () => {
  const name = { name: "Ada" };
  const back = castOf([leg(T0, 5, name, "p1"), leg(T0 + 9_000, 5, name, "p2")]);
  expect(back.roles.map(({ takes }) => takes.length)).toEqual([2]);
  const both = castOf([leg(T0, 5, name, "p1"), leg(T0 + 3_000, 5, name, "p2")]);
  expect(both.roles).toHaveLength(2);
});

test("a participant's further tracks have a tile of their own, which later ones share", () => {
  const name = { name: "Ada" };
  const main = leg(T0 + 10, 20, name, "p1");
  const screen = (startMs: number, seconds: number) => ({ ...leg(startMs, seconds, name, "p1"), beside: main.id });
  const { roles } = castOf([main, screen(T0, 5), screen(T0 + 9_000, 5), leg(T0 + 25_000, 5, name, "p1")]);
  expect(roles.map((role) => role.name)).toEqual(["Ada", "Ada"]);
  expect(roles.map(({ takes }) => takes.map(({ offsetSeconds }) => offsetSeconds))).toEqual([
    [0, 9],
    [0.01, 25],
  ]);
});

test("each file of a rolled-over leg has its own start; a lost file leaves a gap", () => {
  const first = { ...leg(T0, 5, {}, "a"), endedAt: new Date(T0 + 20_000).toISOString() };
  const { startedAt, endedAt, reason, recorderId } = first;
  const rolled = (startMs: number, number: number) => ({
    ...{ startedAt, endedAt, reason, recorderId },
    tracks: leg(startMs, 5, {}).tracks,
    file: { ...first.file, name: `${first.id}-${number}.webm` },
  });
  const { file: _, ...lost } = rolled(T0 + 5_000, 2);
  const error = { code: "NO_MEDIA", message: "no media", hint: "none" };
  const files = [
    { ...rolled(T0, 1), file: first.file },
    { ...lost, error },
    rolled(T0 + 9_990, 3),
    rolled(T0 + 14_900, 4),
  ];
  const { roles, durationSeconds } = castOf([leg(T0 - 1_000, 5, {}, "b"), { ...first, tracks: [], files }]);
  expect(roles[1]?.takes.map(({ file, offsetSeconds }) => [file, offsetSeconds])).toEqual([
    [first.file.name, 1],
    [`${first.id}-3.webm`, 10.99],
    [`${first.id}-4.webm`, 15.9],
  ]);
  expect(roles).toHaveLength(2);
  expect(durationSeconds).toBeCloseTo(20.9);
});

test.each([
  [{ name: "Ada\nLovelace" }, "Ada Lovelace"],
  [{ name: "\u0915\u094d\u200d\u0937" }, "\u0915\u094d\u200d\u0937"], // a joiner between Devanagari letters
  [{ name: "A\ue000da" }, "A\ue000da"],
  [{ name: "x".repeat(100) }, "x".repeat(40)],
  [{ name: "   " }, undefined],
  [{ name: 5 }, undefined],
  ["Ada", undefined],
])("metadata %j gives the name %s", (metadata, name) => {
  expect(castOf([leg(T0, 5, metadata)]).roles[0]?.name).toBe(name);
});

test("a film is no longer than its call, whatever length the files claim", () => {
  const wrong = { ...leg(T0, 2.7e9, {}), endedAt: new Date(T0 + 60_000).toISOString() };
  const { durationSeconds, roles } = castOf([wrong]);
  const lengthSeconds = (Date.parse(wrong.endedAt) - T0) / 1000;
  expect(durationSeconds).toBeLessThanOrEqual(lengthSeconds + 1);
  expect(roles[0]?.takes[0]?.durationSeconds).toBe(durationSeconds);
});

test("a recording never starts before its leg rang", () => {
  const early = { ...leg(T0, 5, {}), tracks: [], startedAt: "1940-01-01T00:00:00.000Z" };
  expect(castOf([early]).startedAt.toISOString()).toBe(early.ringingAt);
});
