import { expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { CONDITIONS } from "../fidelity/conditions.ts";
import { measureCall } from "../fidelity/measuredCall.ts";
import { judge } from "../fidelity/verdict.ts";
import { openTestBrowser } from "./testBrowser.ts";

const SEED = 7;
const CALL_SECONDS = 14;
/** At the start and the end of a call less than two frames of video may be missing. */
const EDGE_MS = 60;

/** `./scripts/bench fidelity` runs all conditions, with longer calls. */
const rows = CONDITIONS.filter(({ name }) => /^5 %|^outage/.test(name));

test.each(rows)("$name: the recording matches what was sent", async (condition) => {
  await using testBrowser = await openTestBrowser("chromium");
  const { impairment } = condition;
  const measured = await measureCall(testBrowser.browser, testBrowser.pages, {
    impairment,
    seed: SEED,
    seconds: CALL_SECONDS,
  });
  const { faults, scores } = judge(condition, measured);
  const { offsets, plainOffsets, presence, reference, relay } = measured;
  const { correctedMs } = presence.audio ?? {};
  await recordMeasurements({
    test: condition.name,
    scores,
    offsets,
    plainOffsets,
    correctedMs,
    reference,
    packetsLost: relay.lost,
  });
  expect(faults, faults.join("; ")).toEqual([]);
  expect(relay.lost).toBeGreaterThan(20);
  for (const score of Object.values(scores)) {
    expect(score.startMissingMs).toBeLessThan(EDGE_MS);
    expect(score.endMissingMs).toBeLessThan(EDGE_MS);
  }
});
