import { expect, test } from "vitest";
import type { Manifest } from "../../archive/library/manifest.ts";
import { newCallId, newLegId } from "../../ids.ts";
import { failedLeg, manifestOf, readyLeg, recordingLeg, ringingLeg } from "../../testing/manifests.ts";
import { dueEvents, NOTHING_TOLD } from "./told.ts";

const AT = new Date("2026-11-23T12:00:00.000Z");
const call = newCallId(AT);
const [one, other] = [newLegId(AT), newLegId(AT)];

/** What is told as a call goes through these states, each list after its state. */
function story(...states: Manifest["legs"][]): string[][] {
  let told = NOTHING_TOLD;
  return states.map((legs) => {
    const due = dueEvents(told, manifestOf(call, AT, ...legs));
    told = due.told;
    return due.events.map(({ type }) => type);
  });
}

test("a call of one leg is told from its beginning to its end, each thing once", () => {
  const [ringing, recording, ready] = [ringingLeg(AT, one), recordingLeg(AT, one), readyLeg(AT, one)];
  expect(story([ringing], [ringing], [recording], [recording], [ready], [ready])).toEqual([
    ["call.started"],
    [],
    ["leg.recording"],
    [],
    ["leg.ready", "call.ready"],
    [],
  ]);
});

test("a call is ready when its last leg is over, and one that failed does not keep it back", () => {
  const both = [recordingLeg(AT, one), recordingLeg(AT, other)];
  const half = [readyLeg(AT, one), recordingLeg(AT, other)];
  const over = [readyLeg(AT, one), failedLeg(AT, other)];
  expect(story(both, half, over)).toEqual([
    ["call.started", "leg.recording", "leg.recording"],
    ["leg.ready"],
    ["leg.failed", "call.ready"],
  ]);
});

test("a call of which nothing was recorded never is ready", () => {
  expect(story([failedLeg(AT, one)])).toEqual([["call.started", "leg.failed"]]);
});

test("a caller who comes back makes it ready once more", () => {
  expect(
    story([readyLeg(AT, one)], [readyLeg(AT, one), recordingLeg(AT, other)], [readyLeg(AT, one), readyLeg(AT, other)]),
  ).toEqual([["call.started", "leg.ready", "call.ready"], ["leg.recording"], ["leg.ready", "call.ready"]]);
});

test("a leg that failed and could be saved after all is told again", () => {
  expect(story([failedLeg(AT, one)], [readyLeg(AT, one)])).toEqual([
    ["call.started", "leg.failed"],
    ["leg.ready", "call.ready"],
  ]);
});

test("what an earlier life did not get to is told at once, in order", () => {
  expect(story([readyLeg(AT, one)])).toEqual([["call.started", "leg.ready", "call.ready"]]);
});

test("a film is told when it is there, and again when it was made anew", () => {
  const legs = [readyLeg(AT, one), readyLeg(AT, other)];
  const file = { name: "film.webm", bytes: 1_000, durationSeconds: 20, streams: [] };
  const withFilm = (composedAt: string): Manifest => ({
    ...manifestOf(call, AT, ...legs),
    film: { file, legs: [one, other], composedAt },
  });
  const first = withFilm("2026-11-23T12:01:00.000Z");
  const second = withFilm("2026-11-23T12:09:00.000Z");
  let told = dueEvents(NOTHING_TOLD, manifestOf(call, AT, ...legs)).told;
  const events = [first, first, second].map((manifest) => {
    const due = dueEvents(told, manifest);
    told = due.told;
    return due.events;
  });
  expect(events).toEqual([
    [{ type: "film.ready", data: { callId: call, film: first.film } }],
    [],
    [{ type: "film.ready", data: { callId: call, film: second.film } }],
  ]);
});
