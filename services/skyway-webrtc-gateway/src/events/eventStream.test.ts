import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { EventStream, MAX_UNREAD_EVENTS, POLL_TIMEOUT_MS } from "./eventStream.ts";
import { GATHER_MS, LOCKSTEP_MS, type PollOutcome, REPLAY_GRACE_MS } from "./pollingClient.ts";

const RUBY = "Ruby";

let clock: ManualClock;
let stream: EventStream<string>;

beforeEach(() => {
  clock = new ManualClock();
  stream = new EventStream(clock);
});

/** One poll and its outcome. */
function poll(client = RUBY) {
  const outcomes: PollOutcome<string>[] = [];
  const cancel = stream.poll(client, (outcome) => outcomes.push(outcome));
  return {
    cancel,
    get outcome(): string | undefined {
      const [outcome] = outcomes;
      expect(outcomes.length).toBeLessThanOrEqual(1);
      return outcome?.kind === "event" ? outcome.event : outcome?.kind;
    },
  };
}

/** Polls again `pauseMs` after each answer, until it sees `wanted` (or indefinitely), like the Ruby samples. */
class Poller {
  readonly seen: string[] = [];
  readonly #pauseMs: () => number;
  readonly #wanted: string | undefined;

  constructor(startAtMs: number, pauseMs: () => number, wanted?: string) {
    this.#pauseMs = pauseMs;
    this.#wanted = wanted;
    clock.after(startAtMs, () => this.#poll());
  }

  get found(): boolean {
    return this.#wanted !== undefined && this.seen.includes(this.#wanted);
  }

  #poll(): void {
    stream.poll(RUBY, (outcome) => {
      if (outcome.kind === "gone") return;
      if (outcome.kind === "event") this.seen.push(outcome.event);
      if (!this.found) clock.after(this.#pauseMs(), () => this.#poll());
    });
  }
}

describe("one poller", () => {
  test("receives an event immediately", () => {
    const waiting = poll();
    clock.advance(1_000);
    expect(waiting.outcome).toBeUndefined();
    stream.push("CALL");
    expect(waiting.outcome).toBe("CALL");
  });

  test("receives earlier events in order", () => {
    stream.push("OPEN");
    stream.push("CALL");
    const first = poll();
    clock.advance(GATHER_MS);
    expect(first.outcome).toBe("OPEN");
    const second = poll();
    expect(second.outcome).toBe("CALL");
    expect(poll().outcome).toBeUndefined();
  });

  test("times out after 30 seconds, and receives an event that happens before its next poll", () => {
    const first = poll();
    clock.advance(POLL_TIMEOUT_MS - 1);
    expect(first.outcome).toBeUndefined();
    clock.advance(1);
    expect(first.outcome).toBe("timeout");
    stream.push("CALL");
    expect(poll().outcome).toBe("CALL");
  });

  test("that was disconnected consumes no event", () => {
    const cut = poll();
    cut.cancel();
    stream.push("CALL");
    const next = poll();
    clock.advance(GATHER_MS);
    expect(cut.outcome).toBeUndefined();
    expect(next.outcome).toBe("CALL");
    clock.advance(POLL_TIMEOUT_MS);
    expect(cut.outcome).toBeUndefined();
  });

  test("never receives an event twice and misses none, whatever its pauses", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 20 }),
        (pauses, gaps) => {
          clock = new ManualClock();
          stream = new EventStream(clock);
          let turn = 0;
          const poller = new Poller(0, () => pauses[turn++ % pauses.length] ?? 0);
          const pushed = pushAt(gaps);
          clock.advance(200_000);
          expect(poller.seen).toEqual(pushed);
        },
      ),
    );
  });
});

describe("several pollers", () => {
  test("all receive an event that happens while they wait", () => {
    const polls = [poll(), poll(), poll("curl")];
    stream.push("CALL");
    clock.advance(GATHER_MS);
    expect(polls.map(({ outcome }) => outcome)).toEqual(["CALL", "CALL", "CALL"]);
  });

  test("that start together all receive an earlier event", () => {
    stream.push("OPEN");
    const polls = [poll(), poll(), poll()];
    clock.advance(GATHER_MS);
    expect(polls.map(({ outcome }) => outcome)).toEqual(["OPEN", "OPEN", "OPEN"]);
  });

  test("receive successive events once each, together", () => {
    const pollers = [new Poller(0, () => 3), new Poller(0, () => 20), new Poller(1, () => 250)];
    clock.advance(GATHER_MS);
    for (const event of ["READY", "STREAM audio", "STREAM video", "CLOSE"]) stream.push(event);
    clock.advance(4 * LOCKSTEP_MS);
    for (const { seen } of pollers) expect(seen).toEqual(["READY", "STREAM audio", "STREAM video", "CLOSE"]);
  });

  test("one that stopped delays the others only briefly", () => {
    const [first, second] = [poll(), poll()];
    clock.advance(GATHER_MS);
    stream.push("OPEN");
    expect([first.outcome, second.outcome]).toEqual(["OPEN", "OPEN"]);
    const next = poll();
    stream.push("CALL");
    expect(next.outcome).toBeUndefined();
    clock.advance(LOCKSTEP_MS);
    expect(next.outcome).toBe("CALL");
  });

  test("a slow poller receives what was delivered to the other one, which does not receive it again", () => {
    const [quick, slow] = [poll(), poll()];
    clock.advance(GATHER_MS);
    stream.push("READY");
    expect([quick.outcome, slow.outcome]).toEqual(["READY", "READY"]);
    clock.advance(10);
    const quickAgain = poll();
    stream.push("STREAM");
    clock.advance(LOCKSTEP_MS);
    expect(quickAgain.outcome).toBe("STREAM");
    clock.advance(10);
    const quickWaits = poll();
    clock.advance(REPLAY_GRACE_MS / 2);
    const slowAgain = poll();
    expect(slowAgain.outcome).toBe("STREAM");
    expect(quickWaits.outcome).toBeUndefined();
  });

  test("one that polls after the grace period receives nothing old", () => {
    const first = poll();
    stream.push("OPEN");
    clock.advance(GATHER_MS);
    expect(first.outcome).toBe("OPEN");
    clock.advance(REPLAY_GRACE_MS);
    expect(poll().outcome).toBeUndefined();
    expect(poll("curl").outcome).toBeUndefined();
  });

  test("of another program receives what this one just received, and this one does not receive it again", () => {
    const ruby = poll();
    stream.push("OPEN");
    clock.advance(GATHER_MS);
    expect(ruby.outcome).toBe("OPEN");
    const rubyAgain = poll();
    const curl = poll("curl");
    clock.advance(GATHER_MS);
    expect(curl.outcome).toBe("OPEN");
    expect(rubyAgain.outcome).toBeUndefined();
  });
});

describe("known programs", () => {
  const LATEST_START_MS = 400;
  const LONGEST_PAUSE_MS = 90;
  const ALL_POLL_MS = LATEST_START_MS + 2 * LONGEST_PAUSE_MS;

  const program = (wanted: readonly string[], events: readonly string[]) =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: LATEST_START_MS }), { minLength: wanted.length, maxLength: wanted.length }),
        fc.array(fc.integer({ min: 0, max: LONGEST_PAUSE_MS }), { minLength: 5, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 600 }), { minLength: events.length, maxLength: events.length }),
        (starts, pauses, gaps) => {
          clock = new ManualClock();
          stream = new EventStream(clock);
          let turn = 0;
          const pauseMs = () => pauses[turn++ % pauses.length] ?? 0;
          const pollers = wanted.map((event, index) => new Poller(starts[index] ?? 0, pauseMs, event));
          // The first event may precede all polls. For later events, all pollers must have started:
          // an event that a single poller receives before it stops can only be meant for that poller.
          let at = 0;
          for (const [index, event] of events.entries()) {
            at += (gaps[index] ?? 0) + (index === 1 ? ALL_POLL_MS : 0);
            clock.after(at, () => stream.push(event));
          }
          clock.advance(60_000);
          for (const poller of pollers) expect(poller.found).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );

  test("the recorder's three pollers (OPEN, CONNECTION, CALL) all find their event in any interleaving", () => {
    program(["OPEN", "CONNECTION", "CALL"], ["OPEN", "CONNECTION", "CALL"]);
    program(["OPEN", "CONNECTION", "CALL"], ["OPEN", "CALL", "CONNECTION"]);
  });

  test("the hands-on's two pollers (CALL, CONNECTION) both find their event", () => {
    program(["CALL", "CONNECTION"], ["CALL", "CONNECTION"]);
    program(["CALL", "CONNECTION"], ["CONNECTION", "CALL"]);
  });
});

describe("the end", () => {
  test("is delivered once, and then the stream is gone", () => {
    const waiting = poll();
    stream.end("CLOSE");
    clock.advance(GATHER_MS);
    expect(waiting.outcome).toBe("CLOSE");
    expect(stream.endDelivered).toBe(true);
    expect(poll().outcome).toBe("gone");
    expect(poll().outcome).toBe("gone");
    clock.advance(REPLAY_GRACE_MS);
    expect(poll().outcome).toBe("gone");
  });

  test("waits for a late poller", () => {
    stream.end("CLOSE");
    clock.advance(60_000);
    expect(stream.endDelivered).toBe(false);
    const late = poll();
    clock.advance(GATHER_MS);
    expect(late.outcome).toBe("CLOSE");
  });

  test("is followed by no other event", () => {
    stream.end("CLOSE");
    stream.push("CALL");
    stream.end("CLOSE");
    const late = poll();
    clock.advance(GATHER_MS);
    expect(late.outcome).toBe("CLOSE");
    expect(poll().outcome).toBe("gone");
  });
});

test("a stream without readers keeps only the latest events", () => {
  for (let index = 0; index < MAX_UNREAD_EVENTS + 5; index++) stream.push(`${index}`);
  const first = poll();
  clock.advance(GATHER_MS);
  expect(first.outcome).toBe("5");
});

function pushAt(gaps: readonly number[]): string[] {
  let at = 0;
  return gaps.map((gap, index) => {
    at += gap;
    clock.after(at, () => stream.push(`${index}`));
    return `${index}`;
  });
}
