import { expect, test } from "vitest";
import { IGNORED_REQUESTS, MAX_ANSWERS, STALL_MS, StallWatch } from "./stallWatch.ts";

const times = (media: number, rtcp = 0) => ({ media, rtcp });

test("each silence is reported once", () => {
  const watch = new StallWatch();
  expect(watch.look(times(1), 0, 0)).toBe(false);
  expect(watch.look(times(1), 0, STALL_MS - 1)).toBe(false);
  expect(watch.look(times(1), 0, STALL_MS)).toBe(true);
  expect(watch.look(times(1), 0, 10 * STALL_MS)).toBe(false);
  expect(watch.look(times(2), 0, 11 * STALL_MS)).toBe(false);
  expect(watch.look(times(2), 0, 12 * STALL_MS)).toBe(true);
});

test("a silence is reported again, a limited number of times, if the caller answers our offer and still sends nothing", () => {
  const watch = new StallWatch();
  watch.look(times(1), 0, 0);
  expect(watch.look(times(1), 0, STALL_MS)).toBe(true);
  let nowMs = STALL_MS;
  for (let answers = 1; answers <= MAX_ANSWERS; answers++) {
    watch.answered(nowMs);
    expect(watch.look(times(1), 0, nowMs + STALL_MS - 1)).toBe(false);
    nowMs += STALL_MS;
    expect(watch.look(times(1), 0, nowMs)).toBe(true);
  }
  watch.answered(nowMs);
  expect(watch.look(times(1), 0, nowMs + STALL_MS)).toBe(false);

  watch.look(times(2), 0, nowMs + 2 * STALL_MS);
  expect(watch.look(times(2), 0, nowMs + 3 * STALL_MS)).toBe(true);
  watch.answered(nowMs + 3 * STALL_MS);
  expect(watch.look(times(2), 0, nowMs + 4 * STALL_MS)).toBe(true);
});

test("a caller that has sent nothing yet, or sends only RTCP, is not silent", () => {
  const watch = new StallWatch();
  watch.look(times(0), 0, 0);
  expect(watch.look(times(0), 0, 2 * STALL_MS)).toBe(false);
  for (let count = 1; count < 10; count++)
    expect(watch.look(times(1, count), 0, (2 + count) * STALL_MS - 1)).toBe(false);
});

test("rare RTCP does not split one silence into many", () => {
  const watch = new StallWatch();
  watch.look(times(1), 0, 0);
  expect(watch.look(times(1), 0, STALL_MS)).toBe(true);
  for (let count = 1; count < 10; count++) {
    watch.look(times(1, count), 0, 2 * count * STALL_MS);
    expect(watch.look(times(1, count), 0, (2 * count + 1) * STALL_MS)).toBe(false);
  }
});

test("a caller that ignores keyframe requests is reported once, and again after it has answered one", () => {
  const watch = new StallWatch();
  let media = 0;
  const look = (keyframeRequests: number) => watch.look(times(++media), keyframeRequests, media * 20);
  expect(look(IGNORED_REQUESTS - 1)).toBe(false);
  expect(look(IGNORED_REQUESTS)).toBe(true);
  expect(look(IGNORED_REQUESTS + 1)).toBe(false);
  expect(look(0)).toBe(false);
  expect(look(IGNORED_REQUESTS)).toBe(true);
});
