import { expect, test } from "vitest";
import { AwakeClock } from "./awakeClock.ts";
import { ManualClock } from "./testing/manualClock.ts";

/** The clock of a host whose process can be frozen: time passes, and no timer runs. */
class HostClock extends ManualClock {
  #leapMs = 0;

  override now(): number {
    return super.now() + this.#leapMs;
  }

  freeze(ms: number): void {
    this.#leapMs += ms;
  }
}

test("a timer counts only the time in which the process runs", () => {
  const host = new HostClock();
  const clock = new AwakeClock(host);
  let ran = 0;
  clock.after(5_000, () => (ran += 1));

  host.advance(2_000);
  host.freeze(60_000);
  host.advance(2_900);
  expect(ran).toBe(0);
  expect(clock.now()).toBe(64_900);
  host.advance(60_000);

  expect(ran).toBe(1);
});

test("a timer that was due shortly after a freeze waits until the process has read its sockets", () => {
  const host = new HostClock();
  const clock = new AwakeClock(host);
  let ran = false;
  clock.after(1_100, () => (ran = true));

  host.advance(1_000);
  host.freeze(8_000);
  host.advance(999);

  expect(ran).toBe(false);
});

test("a late timer of a busy process runs at once, and a cancelled one does not run", () => {
  const host = new HostClock();
  const clock = new AwakeClock(host);
  const ran: string[] = [];
  clock.after(1_000, () => ran.push("kept"));
  const cancel = clock.after(1_000, () => ran.push("cancelled"));
  clock.after(1_100, () => cancel());
  clock.after(1_000, () => ran.push("cancelled before"))();

  host.freeze(1_500);
  host.advance(1_000);

  expect(ran).toEqual(["kept", "cancelled"]);
});

test("a timer that waits because of a freeze can still be cancelled", () => {
  const host = new HostClock();
  const clock = new AwakeClock(host);
  let ran = false;
  const cancel = clock.after(1_000, () => (ran = true));
  host.freeze(10_000);
  host.advance(1_000);

  cancel();
  host.advance(60_000);

  expect(ran).toBe(false);
});
