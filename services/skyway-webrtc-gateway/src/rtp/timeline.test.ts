import { describe, expect, it } from "vitest";
import { MediaClock } from "./clock/mediaClock.ts";
import { AUDIO_LIMITS, Timeline } from "./timeline.ts";

const RATE = 48_000;

/** Feeds packets of 20 ms with chosen timestamps and arrival times, and returns the resulting timestamps. */
class Feed {
  readonly timeline = new Timeline(RATE, AUDIO_LIMITS);
  readonly clock = new MediaClock(RATE);
  sequence = 70_000;
  timestamp = 1_000_000;
  nowMs = 1_760_000_000_000;

  /** `delays`: the network delay of each packet. */
  packets(count: number, delays: (index: number) => number = () => 0): void {
    for (let index = 0; index < count; index++) {
      this.nowMs += 20;
      this.timestamp += 960;
      this.timeline.arrived(this.sequence++, this.timestamp, this.nowMs + delays(index));
      this.timeline.tick(this.nowMs);
    }
  }

  /** The sender's clock equals ours here. `wrongByMs`: the error of the report. */
  report(wrongByMs = 0): void {
    this.timeline.reported(this.timestamp, this.nowMs + wrongByMs, this.clock.line());
    this.clock.observe(this.timestamp + this.timeline.offset, this.nowMs + wrongByMs);
  }

  get offsetMs(): number {
    return (this.timeline.offset / RATE) * 1000;
  }
}

describe("the timeline", () => {
  it("does not take a burst for a pause of the sender if the track ends before its transit is normal again", () => {
    const feed = new Feed();
    feed.packets(200);
    // This process stands still for 1.44 s, then reads a second of packets at once.
    feed.packets(50, (index) => 1_440 - index * 20);
    feed.timeline.settleEarly();
    expect(feed.offsetMs).toBe(0);
  });

  it("takes a pause of the sender for one, also if the track ends soon after it", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.nowMs += 1_440;
    feed.packets(15, (index) => (index * 37) % 60);
    feed.timeline.settleEarly();
    expect(feed.offsetMs).toBeCloseTo(1_440, 0);
  });

  it("does not change a regular stream, with or without jitter", () => {
    const feed = new Feed();
    feed.packets(500, (index) => (index * 37) % 60);
    expect(feed.offsetMs).toBe(0);
    expect(feed.timeline.holdFrom).toBeUndefined();
  });

  it("restores a pause that the sender's count omitted", () => {
    const feed = new Feed();
    feed.packets(200, (index) => (index * 37) % 30);
    feed.nowMs += 5_000;
    const first = feed.sequence;
    feed.packets(10, (index) => (index * 37) % 30);
    expect(feed.timeline.holdFrom).toBe(first);
    feed.packets(30, (index) => (index * 37) % 30);
    expect(feed.timeline.holdFrom).toBeUndefined();
    expect(feed.offsetMs).toBeCloseTo(5_000, -0.5);
    expect(feed.timeline.offsetFor(first - 1)).toBe(0);
    expect(feed.timeline.offsetFor(first)).toBe(feed.timeline.offset);
  });

  it("adds nothing after a pause that the sender's count includes", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.nowMs += 5_000;
    feed.timestamp += 5_000 * 48;
    feed.packets(100);
    expect(feed.offsetMs).toBe(0);
  });

  it("recognises a blocked network by the burst after it", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.packets(150, (index) => 3_000 - index * 20); // all arrive at once afterwards
    feed.packets(100);
    expect(feed.offsetMs).toBe(0);
  });

  it("attributes a longer network delay to the network if a report confirms it", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.report();
    feed.packets(100, () => 300);
    expect(feed.timeline.holdFrom).toBeDefined();
    feed.report();
    feed.packets(100, () => 300);
    expect(feed.timeline.holdFrom).toBeUndefined();
    expect(feed.offsetMs).toBe(0);
  });

  it("corrects the count's lost time to the millisecond if a report shows it", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.report();
    feed.nowMs += 400; // a sound card that stuttered
    feed.packets(50, (index) => (index * 37) % 60);
    feed.report();
    expect(feed.offsetMs).toBeCloseTo(400, 0);
    feed.packets(50);
    expect(feed.timeline.holdFrom).toBeUndefined();
  });

  it("detects a slow slip by reports that arrival times do not show", () => {
    const feed = new Feed();
    feed.packets(100);
    feed.report();
    for (let second = 0; second < 40; second++) {
      feed.packets(50);
      feed.nowMs += 5;
      if (second % 5 === 4) feed.report();
    }
    expect(Math.abs(feed.offsetMs - 200)).toBeLessThan(70);
  });

  it.each([700, -700])("ignores a report that is %d ms off if arrivals contradict it", (wrongByMs) => {
    const feed = new Feed();
    for (let report = 0; report < 8; report++) {
      feed.packets(125, (index) => (index * 37) % 30);
      feed.report(report === 5 ? wrongByMs : 0);
      expect(feed.offsetMs).toBe(0);
    }
  });

  it("ignores the scatter of reports that are stamped when they are sent", () => {
    const feed = new Feed();
    for (let second = 0; second < 60; second++) {
      feed.packets(50, (index) => (index * 37) % 30);
      feed.report(((second * 7_919) % 600) - 300);
      expect(feed.offsetMs).toBe(0);
    }
  });

  it.each([800, -800])("ignores a step of the sender's wall clock by %d ms", (stepMs) => {
    const feed = new Feed();
    for (let second = 0; second < 60; second++) {
      feed.packets(50, (index) => (index * 37) % 30);
      feed.report(second < 20 ? 0 : stepMs);
      expect(feed.offsetMs).toBe(0);
    }
  });

  it("does not go back after a sound card that was late has caught up", () => {
    const feed = new Feed();
    feed.packets(500);
    feed.report();
    feed.packets(35, (index) => 700 - index * 20); // late, then all at once
    feed.report(600); // computed from a frame that was late
    feed.packets(200);
    feed.report();
    feed.packets(200);
    expect(feed.offsetMs).toBe(0);
  });

  it("continues when another source starts at an unrelated timestamp", () => {
    for (const elsewhere of [3_000_000_000, -900_000]) {
      const feed = new Feed();
      feed.packets(200);
      const lastMs = feed.timestamp / 48;
      feed.timeline.renumber();
      feed.sequence = 66_000;
      feed.timestamp += elsewhere;
      feed.packets(100);
      expect((feed.timestamp + feed.timeline.offset) / 48 - lastMs).toBeCloseTo(2_000, 0);
    }
  });

  it("attributes unclear cases to the network when no report arrives", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.packets(500, () => 300);
    expect(feed.timeline.holdFrom).toBeUndefined();
    expect(feed.offsetMs).toBe(0);
  });

  it("decides at once when there is no more time", () => {
    const feed = new Feed();
    feed.packets(200);
    feed.nowMs += 5_000;
    feed.packets(3);
    feed.timeline.settle();
    expect(feed.offsetMs).toBeCloseTo(5_000, -0.5);
    expect(feed.timeline.holdFrom).toBeUndefined();
  });
});
