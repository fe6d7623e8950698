import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Slots } from "../../orchestrator/src/slots.ts";
import type { CallOptions, SyntheticMedia } from "../browsers/callerPage.ts";
import { beeps, darkness, flashes, type Span, silences, stills } from "../bundle/signalEvents.ts";
import {
  BOTH,
  type CallActions,
  expectInStep,
  expectPlayable,
  IN_STEP_SECONDS,
  makeCall,
  type Recorded,
  SMALL,
  WITHIN_SECONDS,
} from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const PACKETS_PER_SECOND = 50;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

/** More pages at once draw and encode late on two cores: their own sound and picture are then out of step. */
const PAGES_AT_ONCE = 2;
const pages = new Slots(PAGES_AT_ONCE);
const record = (setting: SyntheticMedia, options: CallOptions, seconds: number, actions: CallActions) =>
  pages.use(() => makeCall(testBrowser, setting, options, seconds, actions));

describe.concurrent("a caller who", () => {
  test("sends only audio with DTX, and is muted for a while", async () => {
    let muted: Span | undefined;
    const seen = await record({ video: false, audio: true }, { opus: "usedtx=1" }, 6, async (page) => {
      await page.talk(1_500);
      const from = await page.act("audio", "disable");
      await page.talk(4_000);
      muted = { from, to: await page.act("audio", "enable") };
    });
    expectPlayable(seen, ["audio opus"]);
    expect(seen.sent.audio?.packets).toBeLessThan(0.8 * PACKETS_PER_SECOND * seen.callSeconds); // it was DTX
    expectSpans(silences(seen), [muted]);
    expectEverySecond(beeps(seen), [muted]);
  });

  test("sends only video, and removes the camera for a while", async () => {
    let away: Span | undefined;
    const seen = await record({ video: SMALL, audio: false }, {}, 6, async (page) => {
      await page.talk(1_500);
      const from = await page.act("video", "remove");
      await page.talk(4_000);
      away = { from, to: await page.act("video", "replace", SMALL) };
    });
    expectPlayable(seen, ["video vp8"]);
    expectSpans(stills(seen), [away]);
    expectEverySecond(flashes(seen), [away]);
  });

  test("disables and enables the camera, then the microphone", async () => {
    let dark: Span | undefined;
    let muted: Span | undefined;
    const seen = await record(BOTH, {}, 11, async (page) => {
      await page.talk(2_500);
      const off = await page.act("video", "disable");
      await page.talk(4_500);
      dark = { from: off, to: await page.act("video", "enable") };
      await page.talk(6_500);
      const from = await page.act("audio", "disable");
      await page.talk(8_500);
      muted = { from, to: await page.act("audio", "enable") };
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectSpans(darkness(seen), [dark]);
    expectSpans(silences(seen), [muted]);
    expectInStep(seen, dark, muted);
  });

  test("removes and restores the camera, then the microphone", async () => {
    let blind: Span | undefined;
    let dumb: Span | undefined;
    const seen = await record(BOTH, {}, 11, async (page) => {
      await page.talk(2_500);
      const removed = await page.act("video", "remove");
      await page.talk(4_500);
      blind = { from: removed, to: await page.act("video", "replace", SMALL) };
      await page.talk(6_500);
      const from = await page.act("audio", "remove");
      await page.talk(8_500);
      dumb = { from, to: await page.act("audio", "replace") };
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectSpans(stills(seen), [blind]);
    expectSpans(silences(seen), [dumb]);
    expectInStep(seen, blind, dumb);
  });

  test("stops the camera, then shares a screen of another size", async () => {
    let stopped: Span | undefined;
    const screen = { width: 640, height: 400 };
    const seen = await record({ ...BOTH, leftOnly: true }, {}, 7, async (page) => {
      await page.talk(2_000);
      const from = await page.act("video", "stop");
      await page.talk(4_000);
      stopped = { from, to: await page.act("video", "replace", screen) };
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectSpans(stills(seen), [stopped]);
    expect(sizesOf(seen)).toEqual(["320x240", "640x400"]);
    expectInStep(seen, stopped);
  });

  test("sends sound on one channel, while the picture size changes", async () => {
    const seen = await record({ ...BOTH, leftOnly: true }, {}, 6, async (page) => {
      await page.talk(2_000);
      await page.act("video", "resize", { width: 640, height: 480 });
      await page.talk(4_000);
      await page.act("video", "resize", { width: 160, height: 120 });
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expect(sizesOf(seen)).toEqual(["320x240", "640x480", "160x120"]);
    const loud = seen.sound.filter(({ left }) => left > 0.03);
    expect(loud.length).toBeGreaterThan(500);
    expect(loud.filter(({ left, right }) => right > left / 10)).toEqual([]);
    expectInStep(seen);
  });

  test.each([
    ["video", stills],
    ["audio", silences],
  ] as const)("starts %s some seconds after the other track", async (kind, absence) => {
    let came = 0;
    const seen = await record(BOTH, { without: [kind] }, 9, async (page) => {
      await page.talk(6_000); // longer than ffmpeg probes for tracks by default
      came = await page.act(kind, "replace", SMALL);
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectSpans(absence(seen), [{ from: 0, to: came }]);
    expectInStep(seen);
  });

  test("mutes microphone and camera some seconds before the end", async () => {
    let gone = 0;
    const seen = await record(BOTH, {}, 6, async (page) => {
      await page.talk(3_000);
      await page.act("video", "remove");
      gone = await page.act("audio", "remove");
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectSpans(silences(seen), [{ from: gone, to: seen.callSeconds }]);
    expectInStep(seen);
  });
});

function expectSpans(found: Span[], expected: (Span | undefined)[]): void {
  const hint = JSON.stringify({ found, expected });
  expect(found.length, hint).toBe(expected.length);
  for (const [index, { from, to }] of found.entries()) {
    expect(Math.abs(from - (expected[index]?.from ?? Number.NaN)), hint).toBeLessThan(WITHIN_SECONDS);
    expect(Math.abs(to - (expected[index]?.to ?? Number.NaN)), hint).toBeLessThan(WITHIN_SECONDS);
  }
}

/** Signals at every full second of the sender's clock are at full seconds in the file too, even after interruptions. */
function expectEverySecond(moments: number[], except: (Span | undefined)[]): void {
  const [first = Number.NaN] = moments;
  const hint = JSON.stringify({ moments, except });
  expect(moments.length, hint).toBeGreaterThanOrEqual(3);
  // A picture that returns in the middle of a flash shows that flash late.
  const isAtReturn = (moment: number) =>
    except.some((span) => span && moment > span.from && moment < span.to + IN_STEP_SECONDS);
  for (const moment of moments.filter((one) => !isAtReturn(one))) {
    const seconds = moment - first;
    expect(Math.abs(seconds - Math.round(seconds)), hint).toBeLessThan(IN_STEP_SECONDS);
  }
}

function sizesOf({ frames }: Recorded): string[] {
  const sizes = frames.map(({ width, height }) => `${width}x${height}`);
  return sizes.filter((size, index) => size !== sizes[index - 1]);
}
