import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallerPage } from "../browsers/callerPage.ts";
import { beeps, flashes, type Span, silences, stills } from "../bundle/signalEvents.ts";
import { BOTH, expectInStep, expectPlayable, makeCall, type Recorded, SMALL } from "./recordedCall.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const AWAY_WITHIN_SECONDS = 0.4;
/** A new encoder, its first keyframe, and the certainty that the former source is gone, on a busy host. */
const BACK_WITHIN_SECONDS = 1;
/** Long enough for flashes and beeps to be compared, whenever the other side has agreed. */
const AFTERWARDS_MS = 4_000;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

const goOn = async (page: CallerPage, ms = AFTERWARDS_MS) => page.talk((await page.upFor()) + ms);

/** Records a call of a page that is away with a kind for three seconds. */
async function recordAway(
  leave: (page: CallerPage) => Promise<number>,
  comeBack: (page: CallerPage) => Promise<number>,
): Promise<{ seen: Recorded; away: Span }> {
  let away: Span = { from: 0, to: 0 };
  const seen = await makeCall(testBrowser, BOTH, {}, 0, async (page) => {
    await page.talk(3_000);
    const from = await leave(page);
    await goOn(page, 3_000);
    away = { from, to: await comeBack(page) };
    await goOn(page);
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

const streamWith = (kinds: { video: boolean; audio: boolean }) => ({ ...kinds, video: kinds.video && SMALL });

describe("a page that", () => {
  test.each([
    ["video", stills, { video: false, audio: true }],
    ["audio", silences, { video: true, audio: false }],
  ] as const)(
    "replaces its stream by one without %s, and then by one with it, is recorded to the end",
    async (_, absence, less) => {
      const { seen, away } = await recordAway(
        async (page) => (await page.replaceStream(streamWith(less))).at,
        async (page) => (await page.replaceStream(streamWith({ video: true, audio: true }))).agreedAt,
      );
      expectPlayable(seen, ["audio opus", "video vp8"]);
      expectAway(absence(seen), away);
      expectInStep(seen, away);
    },
  );

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
      const seen = await makeCall(testBrowser, first, {}, 0, async (page) => {
        await page.talk(4_000);
        came = (await page.replaceStream({ video: SMALL, audio: true })).agreedAt;
        await goOn(page);
      });
      expectPlayable(seen, ["audio opus", "video vp8"]);
      // A beep comes within a second.
      const began = (later === "video" ? seen.frames[0]?.at : beeps(seen)[0]) ?? Number.NaN;
      const within = later === "video" ? BACK_WITHIN_SECONDS : BACK_WITHIN_SECONDS + 1;
      const hint = JSON.stringify({ came, began });
      expect(began - came, hint).toBeGreaterThan(-AWAY_WITHIN_SECONDS);
      expect(began - came, hint).toBeLessThan(within);
      expectInStep(seen);
    },
  );
});
