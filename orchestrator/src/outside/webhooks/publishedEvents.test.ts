import { expect, test } from "vitest";
import type { Manifest } from "../../archive/library/manifest.ts";
import { newCallId, newLegId } from "../../ids.ts";
import { failedLeg, manifestOf, readyLeg, recordingLeg, ringingLeg } from "../../testing/manifests.ts";
import { dueEvents, NOTHING_PUBLISHED } from "./publishedEvents.ts";

const AT = new Date("2026-11-23T12:00:00.000Z");
const call = newCallId(AT);
const [one, other] = [newLegId(AT), newLegId(AT)];

/** The events published as a call goes through these states: one list for each state. */
function story(...states: Manifest["legs"][]): string[][] {
  let published = NOTHING_PUBLISHED;
  return states.map((legs) => {
    const due = dueEvents(published, manifestOf(call, AT, ...legs));
    published = due.published;
    return due.events.map(({ type }) => type);
  });
}

test("a call with one leg publishes each event once, from start to end", () => {
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

test("a call is ready when its last leg has ended, even if a leg failed", () => {
  const both = [recordingLeg(AT, one), recordingLeg(AT, other)];
  const half = [readyLeg(AT, one), recordingLeg(AT, other)];
  const over = [readyLeg(AT, one), failedLeg(AT, other)];
  expect(story(both, half, over)).toEqual([
    ["call.started", "leg.recording", "leg.recording"],
    ["leg.ready"],
    ["leg.failed", "call.ready"],
  ]);
});

test("a call without any recording never becomes ready", () => {
  expect(story([failedLeg(AT, one)])).toEqual([["call.started", "leg.failed"]]);
});

test("a call becomes ready again after a caller returned", () => {
  expect(
    story([readyLeg(AT, one)], [readyLeg(AT, one), recordingLeg(AT, other)], [readyLeg(AT, one), readyLeg(AT, other)]),
  ).toEqual([["call.started", "leg.ready", "call.ready"], ["leg.recording"], ["leg.ready", "call.ready"]]);
});

test("a failed leg whose recording is recovered later publishes leg.ready", () => {
  expect(story([failedLeg(AT, one)], [readyLeg(AT, one)])).toEqual([
    ["call.started", "leg.failed"],
    ["leg.ready", "call.ready"],
  ]);
});

test("events that a previous process did not publish are published at once, in order", () => {
  expect(story([readyLeg(AT, one)])).toEqual([["call.started", "leg.ready", "call.ready"]]);
});

test("a film publishes film.ready when it is composed, and again when it is composed again", () => {
  const legs = [readyLeg(AT, one), readyLeg(AT, other)];
  const file = { name: "film.webm", bytes: 1_000, durationSeconds: 20, streams: [] };
  const withFilm = (composedAt: string): Manifest => ({
    ...manifestOf(call, AT, ...legs),
    film: { file, legs: [one, other], composedAt },
  });
  const first = withFilm("2026-11-23T12:01:00.000Z");
  const second = withFilm("2026-11-23T12:09:00.000Z");
  let published = dueEvents(NOTHING_PUBLISHED, manifestOf(call, AT, ...legs)).published;
  const events = [first, first, second].map((manifest) => {
    const due = dueEvents(published, manifest);
    published = due.published;
    return due.events;
  });
  expect(events).toEqual([
    [{ type: "film.ready", data: { callId: call, film: first.film } }],
    [],
    [{ type: "film.ready", data: { callId: call, film: second.film } }],
  ]);
});
