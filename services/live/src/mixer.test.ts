import { expect, test } from "vitest";
import { Mixer, SAMPLE_RATE, Voice } from "./mixer.ts";

/** So many samples of stereo, of one loudness. */
const tone = (count: number, level: number) => new Float32Array(2 * count).fill(level);
const left = (samples: Float32Array) => [...samples].filter((_, index) => index % 2 === 0);

test("everybody is heard at their own time, and together where they speak together", () => {
  const mixer = new Mixer();
  mixer.add(tone(4, 0.25), 0);
  mixer.add(tone(4, 0.5), 2);
  expect(left(mixer.take(4))).toEqual([0.25, 0.25, 0.75, 0.75]);
  expect(left(mixer.take(4))).toEqual([0.5, 0.5, 0, 0]);
});

test("what comes too late is not heard, nor later in its place", () => {
  const mixer = new Mixer();
  mixer.take(SAMPLE_RATE);
  mixer.add(tone(4, 0.5), SAMPLE_RATE - 2);
  mixer.add(tone(4, 0.5), 100 * SAMPLE_RATE);
  expect(left(mixer.take(4))).toEqual([0.5, 0.5, 0, 0]);
  expect(mixer.take(20 * SAMPLE_RATE).every((level) => level === 0)).toBe(true);
});

test("frames of a voice follow each other to the sample though their times are rounded, and a gap stays one", () => {
  const mixer = new Mixer();
  const voice = new Voice(mixer);
  voice.say(tone(960, 0.5), 0.4);
  voice.say(tone(960, 0.5), 975);
  voice.say(tone(960, 0.5), 10_000);
  const heard = left(mixer.take(12_000));
  expect(heard.slice(0, 1920).every((level) => level === 0.5)).toBe(true);
  expect(heard.slice(1920, 10_000).every((level) => level === 0)).toBe(true);
  expect(heard.slice(10_000, 10_960).every((level) => level === 0.5)).toBe(true);
});
