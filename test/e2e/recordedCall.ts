import { expect } from "vitest";
import type { CallerPage, CallOptions, Statistics, SyntheticMedia } from "../browsers/callerPage.ts";
import { type Call, fileUrl, type Leg } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { type Inspection, inspect, validateMatroska } from "../bundle/recordingFile.ts";
import { readSignal, type Signal } from "../bundle/recordingSignal.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { beeps, darkness, flashes, type Span, silences, soundAfterPicture, stills } from "../bundle/signalEvents.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import type { TestBrowser } from "./testBrowser.ts";

/** Time from the connection to the first packet, with a margin for a busy host. */
export const WITHIN_SECONDS = 0.4;
/** Rounding to frames and the delays of canvas and audio graph; the fidelity tests measure more precisely. */
export const IN_STEP_SECONDS = 0.1;
export const SMALL = { width: 320, height: 240 };
export const BOTH: SyntheticMedia = { video: SMALL, audio: true };
export const BUSY: SyntheticMedia = { video: { width: 1280, height: 720, busy: true }, audio: true };

export interface Recorded extends Inspection, Signal {
  call: Call;
  leg: Leg;
  sent: Statistics;
  /** Output of a Matroska validator; empty for other containers. */
  complaints: string;
  /** Duration of the call. */
  callSeconds: number;
}

/** The page's actions after the call is connected. */
export type CallActions = (page: CallerPage) => Promise<void>;

/** Makes a call of this many seconds and analyses its recording. */
export async function makeCall(
  testBrowser: TestBrowser,
  setting: SyntheticMedia,
  options: CallOptions,
  seconds: number,
  actions: CallActions = async () => undefined,
): Promise<Recorded> {
  const { page, peerId } = await testBrowser.syntheticCaller(setting);
  await page.call(RECORDER_PEER_ID, options);
  await actions(page);
  await page.talk(seconds * 1_000);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  const callSeconds = await page.lasted();
  const { call, leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);
  await page.tab.close();
  await using file = await download(fileUrl(call, leg));
  const isMatroska = !leg.file?.name.endsWith(".mp4");
  const [inspected, signal, complaints] = await Promise.all([
    inspect(file.path),
    readSignal(file.path),
    isMatroska ? validateMatroska(file.path) : "",
  ]);
  const recorded = { ...inspected, ...signal, call, leg, sent, complaints, callSeconds };
  await recordMeasurements({ test: JSON.stringify({ setting, options }), sent, inspected, ...summary(recorded) });
  return recorded;
}

function summary(seen: Recorded) {
  return {
    flashes: flashes(seen),
    beeps: beeps(seen),
    silences: silences(seen),
    stills: stills(seen),
    darkness: darkness(seen),
    offsets: soundAfterPicture(seen),
  };
}

/** The file has these streams, is as long as the call, and decodes without errors. */
export function expectPlayable(seen: Recorded, streams: string[]): void {
  const hint = JSON.stringify({ ...seen, frames: [], sound: [], ...summary(seen) }, null, 1);
  expect(seen.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort(), hint).toEqual(streams);
  expect(seen.decodeErrors, hint).toBe("");
  expect(Math.abs(seen.durationSeconds - seen.callSeconds), hint).toBeLessThan(WITHIN_SECONDS);
  expect(seen.complaints, hint).toBe("");
  if (!seen.leg.file?.name.endsWith(".mp4")) expect(seen.hasCuesInFront, hint).toBe(true);
  const { title, creation_time: startedAt = "", call_id, leg_id } = seen.tags;
  expect({ title, call_id, leg_id }).toEqual({ title: seen.leg.peerId, call_id: seen.call.id, leg_id: seen.leg.id });
  // MP4 stores whole seconds.
  expect(Math.abs(Date.parse(startedAt) - Date.parse(seen.leg.startedAt ?? ""))).toBeLessThanOrEqual(1_000);
}

/**
 * Picture and sound are in step before and after each event. A busy host draws some frames late, so the best pair of
 * each interval counts.
 */
export function expectInStep(seen: Recorded, ...happened: (Span | undefined)[]): void {
  const hint = JSON.stringify(summary(seen));
  const pairs = soundAfterPicture(seen);
  for (const [index, after] of [{ to: 0 }, ...happened].entries()) {
    const until = happened[index]?.from ?? Number.POSITIVE_INFINITY;
    const offsets = pairs
      .filter(({ at }) => at > (after?.to ?? Number.NaN) && at < until)
      .map(({ by }) => Math.abs(by));
    expect(Math.min(...offsets), hint).toBeLessThan(IN_STEP_SECONDS);
  }
}

/** The page's video bitrate from now until `untilMs` of the call. */
export async function sentKbps(page: CallerPage, untilMs: number): Promise<number> {
  const before = await page.sent();
  const began = performance.now();
  await page.talk(untilMs);
  const after = await page.sent();
  const bytes = (after.video?.bytes ?? 0) - (before.video?.bytes ?? 0);
  return (bytes * 8) / (performance.now() - began);
}
