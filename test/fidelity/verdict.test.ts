import { expect, test } from "vitest";
import { CONDITIONS, type Condition } from "./conditions.ts";
import type { MeasuredCall } from "./measuredCall.ts";
import type { Presence } from "./presence.ts";
import { judge } from "./verdict.ts";

const FIRST_PACKET_AT = 1_700_000_000_000;
const whole: Presence = {
  ...{ sent: 1_000, present: 1_000, missing: [], foreign: 0, endsWithStill: false },
  ...{ startMissingMs: 0, endMissingMs: 0, missingAtEnd: 0, longestHoleMs: 0 },
  ...{ correctedMs: 0, displacedMs: 0, filled: 0, rate: 1 },
};
const offsets = { pairs: 20, medianMs: 1, p95Ms: 3, driftMsPerMinute: 0, points: [] };

function call(video: Partial<Presence> = {}, more: Partial<MeasuredCall> = {}): MeasuredCall {
  return {
    presence: { audio: whole, video: { ...whole, ...video } },
    report: { undecodedFrames: 0, unreadableFrames: 0 },
    inspection: { decodeErrors: "", hasCuesInFront: true },
    relay: { firstPacketAtMs: FIRST_PACKET_AT },
    offsets,
    ...more,
  } as MeasuredCall;
}

function condition(name: string): Condition {
  const found = CONDITIONS.find((one) => one.name.startsWith(name));
  if (!found) throw new Error(`there is no condition ${name}`);
  return found;
}

test("a complete recording has no faults under any network condition", () => {
  for (const one of CONDITIONS) expect(judge(one, call()).faults).toEqual([]);
});

test.each<[string, MeasuredCall]>([
  ["a missing frame", call({ present: 999, missing: [FIRST_PACKET_AT] })],
  ["a gap", call({ longestHoleMs: 67 })],
  ["a displaced frame", call({ displacedMs: 25 })],
  ["a frame that was never sent", call({ foreign: 1 })],
  ["late sound", call({}, { offsets: { ...offsets, p95Ms: 21 } })],
  ["another picture at the end", call({ endsWithStill: true })],
  ["no flash and no beep", call({}, { offsets: undefined })],
  ["a broken picture", call({}, { report: { unreadableFrames: 1 } as MeasuredCall["report"] })],
  ["a decoder error", call({}, { inspection: { decodeErrors: "error", hasCuesInFront: true } as never })],
  ["no cues", call({}, { inspection: { decodeErrors: "", hasCuesInFront: false } as never })],
])("%s is a fault of a clean call", (_what, measured) => {
  expect(judge(condition("clean"), measured).faults).toHaveLength(1);
});

test("a reference that contradicts itself decides nothing: then the pattern itself must be in step", () => {
  const reference = { pairs: 20, scatterMs: { audio: 1, video: 1 }, steps: 2, holes: 0 };
  const off = { ...offsets, p95Ms: 90 };
  const faultsOf = (more: Partial<MeasuredCall>) =>
    judge(condition("clean"), call({}, { offsets: off, ...more })).faults;
  expect(faultsOf({ reference, plainOffsets: offsets })).toEqual([]);
  expect(faultsOf({ reference, plainOffsets: off })).toHaveLength(1);
  expect(faultsOf({ reference: { ...reference, steps: 0 }, plainOffsets: offsets })).toHaveLength(1);
});

test("the picture at the end may be the last one again", () => {
  const report = { undecodedFrames: 0, unreadableFrames: 0, endsWithRepeat: true } as MeasuredCall["report"];
  expect(judge(condition("clean"), call({ endsWithStill: true }, { report })).faults).toEqual([]);
});

test("only frames sent during an outage may be missing", () => {
  const { impairment } = condition("outage");
  const during = FIRST_PACKET_AT + (impairment.outage?.fromMs ?? 0) + 1_000;
  expect(judge(condition("outage"), call({ missing: Array(30).fill(during) })).faults).toEqual([]);
  expect(judge(condition("outage"), call({ missing: [during, FIRST_PACKET_AT] })).faults).toHaveLength(1);
});

test("missing frames at the very end are allowed on lossy networks, and their duration is reported", () => {
  const end = { missing: [FIRST_PACKET_AT + 9_000], missingAtEnd: 1, endMissingMs: 20 };
  const { faults, scores } = judge(condition("2 %"), call(end));
  expect({ faults, endMissingMs: scores.video?.endMissingMs }).toEqual({ faults: [], endMissingMs: 20 });
  expect(judge(condition("clean"), call(end)).faults).toHaveLength(1);
});
