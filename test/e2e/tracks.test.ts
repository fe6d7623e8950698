import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallerPage } from "../browsers/callerPage.ts";
import { beeps, flashes, type Span, silences, stills } from "../bundle/signalEvents.ts";
import { BOTH, expectInStep, expectPlayable, makeCall, type Recorded, SMALL } from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

/** A renegotiation, the first keyframe, and the source that is replaced may each take some tenths of a second. */
const BACK_WITHIN_SECONDS = 1;
const AWAY_WITHIN_SECONDS = 0.4;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

/** Records a call of a page that is away with a kind from 3 s to 6 s. */
async function recordAway(
  leave: (page: CallerPage) => Promise<number>,
  comeBack: (page: CallerPage) => Promise<number>,
): Promise<{ seen: Recorded; away: Span }> {
  let away: Span = { from: 0, to: 0 };
  const seen = await makeCall(testBrowser, BOTH, {}, 11, async (page) => {
    await page.talk(3_000);
    const from = await leave(page);
    await page.talk(6_000);
    away = { from, to: await comeBack(page) };
  });
  return { seen, away };
}

function expectAway(found: Span[], away: Span): void {
  const hint = JSON.stringify({ found, away });
  expect(found.length, hint).toBe(1);
  expect(Math.abs((found[0]?.from ?? Number.NaN) - away.from), hint).toBeLessThan(AWAY_WITHIN_SECONDS);
  expect((found[0]?.to ?? Number.NaN) - away.to, hint).toBeGreaterThan(-AWAY_WITHIN_SECONDS);
  expect((found[0]?.to ?? Number.NaN) - away.to, hint).toBeLessThan(BACK_WITHIN_SECONDS);
}

// The calls mostly wait, so they run concurrently.
describe.concurrent("a page that", () => {
  test("replaces its stream by one without video, and then by one with video, is recorded to the end", async () => {
    const { seen, away } = await recordAway(
      (page) => page.replaceStream({ video: false, audio: true }),
      (page) => page.replaceStream({ video: SMALL, audio: true }),
    );
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectAway(stills(seen), away);
    expect(silences(seen)).toEqual([]);
    expectInStep(seen, away);
  });

  test("replaces its stream by one without audio, and then by one with audio, is recorded to the end", async () => {
    const { seen, away } = await recordAway(
      (page) => page.replaceStream({ video: SMALL, audio: false }),
      (page) => page.replaceStream({ video: SMALL, audio: true }),
    );
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectAway(silences(seen), away);
    expect(stills(seen)).toEqual([]);
    expectInStep(seen, away);
  });

  test("sets the direction of its video to inactive and back is recorded to the end", async () => {
    const { seen, away } = await recordAway(
      (page) => page.act("video", "pause"),
      (page) => page.act("video", "resume"),
    );
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectAway(stills(seen), away);
    expectInStep(seen, away);
  });

  test("stops a transceiver, and uses its m-line for another camera, is recorded to the end", async () => {
    const { seen, away } = await recordAway(
      (page) => page.act("video", "close"),
      (page) => page.act("video", "add", SMALL),
    );
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expectAway(stills(seen), away);
    expectInStep(seen, away);
  });

  test("replaces its stream for the last time by one without video keeps the picture before", async () => {
    const seen = await makeCall(testBrowser, BOTH, {}, 6, async (page) => {
      await page.talk(3_000);
      await page.replaceStream({ video: false, audio: true });
    });
    expectPlayable(seen, ["audio opus", "video vp8"]);
    expect(flashes(seen).length).toBeGreaterThanOrEqual(2);
    expectInStep(seen);
  });

  test.each([
    ["sound", "video", { video: false, audio: true }],
    ["video", "audio", { video: SMALL, audio: false }],
  ] as const)(
    "begins with %s, and replaces its stream by one with both: both are recorded from then on",
    async (_, later, first) => {
      let came = 0;
      const seen = await makeCall(testBrowser, first, {}, 9, async (page) => {
        await page.talk(4_000);
        came = await page.replaceStream({ video: SMALL, audio: true });
      });
      expectPlayable(seen, ["audio opus", "video vp8"]);
      const events = later === "video" ? seen.frames.map(({ at }) => at) : beeps(seen);
      const hint = JSON.stringify({ came, first: events[0] });
      expect((events[0] ?? Number.NaN) - came, hint).toBeGreaterThan(-AWAY_WITHIN_SECONDS);
      expect((events[0] ?? Number.NaN) - came, hint).toBeLessThan(BACK_WITHIN_SECONDS + 1);
      expectInStep(seen);
    },
  );
});
