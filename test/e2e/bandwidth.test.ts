import { expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { BUSY, makeCall, sentKbps } from "./recordedCall.ts";
import { openTestBrowser } from "./testBrowser.ts";

const WITHIN_SECONDS = 5;

test("a busy picture of 720p is sent with 2 Mbit/s within 5 s", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  let kbps = 0;
  const seen = await makeCall(testBrowser, BUSY, { keepSize: true }, 6, async (page) => {
    await page.talk((WITHIN_SECONDS - 2) * 1_000);
    kbps = await sentKbps(page, WITHIN_SECONDS * 1_000);
  });
  await recordMeasurements({ test: "bandwidth", kbps });
  expect(kbps).toBeGreaterThan(2_000);
  expect(seen.decodeErrors).toBe("");
});
