import { beforeEach, expect, test } from "vitest";
import { type Media, Player } from "./player.ts";

class Recording implements Media {
  currentTime = 0;
  paused = true;
  ended = false;
  readyState = 4;
  playbackRate = 1;
  error = null;
  readonly duration: number;

  constructor(duration: number) {
    this.duration = duration;
  }

  async play() {
    this.paused = false;
  }

  pause() {
    this.paused = true;
  }
}

let now: number;
let onFrame: (() => void) | undefined;
let player: Player;
let ada: Recording;
let grace: Recording;

/** Advances the time and the positions of playing files. */
function pass(seconds: number): void {
  for (let left = seconds; left > 1e-9; left -= 0.05) {
    now += 50;
    for (const media of [ada, grace]) if (!media.paused && media.readyState > 2) media.currentTime += 0.05;
    onFrame?.();
  }
}

beforeEach(() => {
  now = 0;
  onFrame = undefined;
  const frames = (each: () => void) => {
    onFrame = each;
    return () => {
      onFrame = undefined;
    };
  };
  player = new Player(frames, () => now);
  ada = new Recording(10);
  grace = new Recording(5);
  player.add("ada", ada, 0);
  player.add("grace", grace, 2);
});

test("each recording starts and ends at its own time", () => {
  player.play();
  pass(1);
  expect([ada.paused, grace.paused]).toEqual([false, true]);
  pass(2);
  expect([ada.paused, grace.paused]).toEqual([false, false]);
  expect(grace.currentTime).toBeCloseTo(1, 1);
  pass(5);
  expect([ada.paused, grace.paused]).toEqual([false, true]);
});

test("the player stops at the end, and then starts from the beginning", () => {
  player.play();
  pass(10.1);
  expect([player.playing, player.at]).toEqual([false, 10]);
  player.play();
  expect(player.at).toBe(0);
});

test("all recordings wait while one is loading", () => {
  player.play();
  pass(3);
  grace.readyState = 1;
  pass(4);
  expect(player.at).toBeCloseTo(3, 1);
  grace.readyState = 4;
  pass(1);
  expect(player.at).toBeCloseTo(4, 1);
});

test("a recording that drifts is corrected", () => {
  player.play();
  pass(3);
  grace.currentTime = 3;
  pass(0.05);
  expect(grace.currentTime).toBeCloseTo(1.05, 2);
});

test("seeking moves all recordings, each within its own file", () => {
  player.seek(1.5);
  expect([ada.currentTime, grace.currentTime]).toEqual([1.5, 0]);
  player.seek(9);
  expect([ada.currentTime, grace.currentTime]).toEqual([9, 5]);
});

test("the playback rate applies to the player and all recordings", () => {
  player.setRate(2);
  player.play();
  pass(1);
  expect(player.at).toBeCloseTo(2, 1);
  expect(ada.playbackRate).toBe(2);
});

test("pausing stops every recording", () => {
  player.play();
  pass(3);
  player.pause();
  expect([ada.paused, grace.paused, player.playing]).toEqual([true, true, false]);
});

test("a recording that cannot be decoded does not delay the others", () => {
  Object.assign(grace, { readyState: 0, error: { code: 3 } });
  player.play();
  pass(6);
  expect(player.at).toBeCloseTo(6, 1);
});
