import { expect, test } from "vitest";
import { Mixer, MixerInput, SAMPLE_RATE } from "./mixer.ts";

/** Stereo samples of one level. */
const tone = (count: number, level: number) => new Float32Array(2 * count).fill(level);
const left = (samples: Float32Array) => [...samples].filter((_, index) => index % 2 === 0);

test("sources are mixed at their own times, and added where they overlap", () => {
  const mixer = new Mixer();
  mixer.add(tone(4, 0.25), 0);
  mixer.add(tone(4, 0.5), 2);
  expect(left(mixer.take(4))).toEqual([0.25, 0.25, 0.75, 0.75]);
  expect(left(mixer.take(4))).toEqual([0.5, 0.5, 0, 0]);
});

test("late audio is dropped and does not appear later", () => {
  const mixer = new Mixer();
  mixer.take(SAMPLE_RATE);
  mixer.add(tone(4, 0.5), SAMPLE_RATE - 2);
  mixer.add(tone(4, 0.5), 100 * SAMPLE_RATE);
  expect(left(mixer.take(4))).toEqual([0.5, 0.5, 0, 0]);
  expect(mixer.take(20 * SAMPLE_RATE).every((level) => level === 0)).toBe(true);
});

test("frames of one input join sample-exactly although their timestamps are rounded, and a gap is kept", () => {
  const mixer = new Mixer();
  const input = new MixerInput(mixer);
  input.add(tone(960, 0.5), 0.4);
  input.add(tone(960, 0.5), 975);
  input.add(tone(960, 0.5), 10_000);
  const heard = left(mixer.take(12_000));
  expect(heard.slice(0, 1920).every((level) => level === 0.5)).toBe(true);
  expect(heard.slice(1920, 10_000).every((level) => level === 0)).toBe(true);
  expect(heard.slice(10_000, 10_960).every((level) => level === 0.5)).toBe(true);
});
