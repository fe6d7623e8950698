import { describe, expect, test } from "vitest";
import { recordMeasurements } from "../bundle/measurements.ts";
import { SENDER_CASES } from "../senders/cases.ts";

describe.concurrent("a sender", () => {
  test.each(SENDER_CASES)("$name", async ({ name, run }) => {
    const { found, complaints } = await run();
    await recordMeasurements({ test: `sender: ${name}`, found });
    expect(complaints, found).toEqual([]);
  });
});
