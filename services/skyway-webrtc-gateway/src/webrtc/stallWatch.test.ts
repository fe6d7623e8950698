import { expect, test } from "vitest";
import { MAX_ANSWERS, STALL_MS, StallWatch, UNHEARD_REQUESTS } from "./stallWatch.ts";

const times = (media: number, rtcp = 0) => ({ media, rtcp });

test("a silence is told of once, and the next one again", () => {
  const watch = new StallWatch();
  expect(watch.look(times(1), 0, 0)).toBe(false);
  expect(watch.look(times(1), 0, STALL_MS - 1)).toBe(false);
  expect(watch.look(times(1), 0, STALL_MS)).toBe(true);
  expect(watch.look(times(1), 0, 10 * STALL_MS)).toBe(false);
  expect(watch.look(times(2), 0, 11 * STALL_MS)).toBe(false);
  expect(watch.look(times(2), 0, 12 * STALL_MS)).toBe(true);
});

test("a caller that has answered and is not heard all the same is told of anew, a few times", () => {
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

test("who has sent nothing yet, and who sends RTCP alone, is there", () => {
  const watch = new StallWatch();
  watch.look(times(0), 0, 0);
  expect(watch.look(times(0), 0, 2 * STALL_MS)).toBe(false);
  for (let count = 1; count < 10; count++)
    expect(watch.look(times(1, count), 0, (2 + count) * STALL_MS - 1)).toBe(false);
});

test("RTCP that is seldom makes no silence of many", () => {
  const watch = new StallWatch();
  watch.look(times(1), 0, 0);
  expect(watch.look(times(1), 0, STALL_MS)).toBe(true);
  for (let count = 1; count < 10; count++) {
    watch.look(times(1, count), 0, 2 * count * STALL_MS);
    expect(watch.look(times(1, count), 0, (2 * count + 1) * STALL_MS)).toBe(false);
  }
});

test("a caller that is heard and does not hear is told of once, and again when it has heard in between", () => {
  const watch = new StallWatch();
  let media = 0;
  const look = (inVain: number) => watch.look(times(++media), inVain, media * 20);
  expect(look(UNHEARD_REQUESTS - 1)).toBe(false);
  expect(look(UNHEARD_REQUESTS)).toBe(true);
  expect(look(UNHEARD_REQUESTS + 1)).toBe(false);
  expect(look(0)).toBe(false);
  expect(look(UNHEARD_REQUESTS)).toBe(true);
});
