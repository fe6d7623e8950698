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

/** A busy browser moves its sound against its picture in mid-call, and its reports say so: then the call says nothing. */
const CALLS = 4;
const LIMIT_MS = 240_000;

/** `./scripts/bench fidelity` runs all conditions, with longer calls. */
const rows = CONDITIONS.filter(({ name }) => /^5 %|^outage/.test(name));

test.each(rows)("$name: the recording matches what was sent", { timeout: LIMIT_MS }, async (condition) => {
  const measured = await measure(condition);
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

async function measure({ impairment }: (typeof rows)[number]): Promise<Awaited<ReturnType<typeof measureCall>>> {
  for (let calls = 1; ; calls += 1) {
    await using testBrowser = await openTestBrowser("chromium");
    const options = { impairment, seed: SEED, seconds: CALL_SECONDS };
    const measured = await measureCall(testBrowser.browser, testBrowser.pages, options);
    if (!measured.reference?.steps || calls === CALLS) return measured;
  }
}
