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

/** One poll, and what became of it. */
function poll(client = RUBY) {
  const outcomes: PollOutcome<string>[] = [];
  const cancel = stream.poll(client, (outcome) => outcomes.push(outcome));
  return {
    cancel,
    get said(): string | undefined {
      const [outcome] = outcomes;
      expect(outcomes.length).toBeLessThanOrEqual(1);
      return outcome?.kind === "event" ? outcome.event : outcome?.kind;
    },
  };
}

/** Polls again `pauseMs` after each answer, until it sees `wanted` (or for ever), as the Ruby samples do. */
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
  test("gets an event the moment it happens", () => {
    const waiting = poll();
    clock.advance(1_000);
    expect(waiting.said).toBeUndefined();
    stream.push("CALL");
    expect(waiting.said).toBe("CALL");
  });

  test("gets events in order that happened before it polled", () => {
    stream.push("OPEN");
    stream.push("CALL");
    const first = poll();
    clock.advance(GATHER_MS);
    expect(first.said).toBe("OPEN");
    const second = poll();
    expect(second.said).toBe("CALL");
    expect(poll().said).toBeUndefined();
  });

  test("is told after 30 seconds that nothing happened, and gets what happens while it comes back", () => {
    const first = poll();
    clock.advance(POLL_TIMEOUT_MS - 1);
    expect(first.said).toBeUndefined();
    clock.advance(1);
    expect(first.said).toBe("timeout");
    stream.push("CALL");
    expect(poll().said).toBe("CALL");
  });

  test("that was cut off does not take an event along", () => {
    const cut = poll();
    cut.cancel();
    stream.push("CALL");
    const next = poll();
    clock.advance(GATHER_MS);
    expect(cut.said).toBeUndefined();
    expect(next.said).toBe("CALL");
    clock.advance(POLL_TIMEOUT_MS);
    expect(cut.said).toBeUndefined();
  });

  test("never sees an event twice and misses none, however it pauses", () => {
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
  test("all get an event that happens while they wait", () => {
    const polls = [poll(), poll(), poll("curl")];
    stream.push("CALL");
    clock.advance(GATHER_MS);
    expect(polls.map(({ said }) => said)).toEqual(["CALL", "CALL", "CALL"]);
  });

  test("that start together share the event that was there before them", () => {
    stream.push("OPEN");
    const polls = [poll(), poll(), poll()];
    clock.advance(GATHER_MS);
    expect(polls.map(({ said }) => said)).toEqual(["OPEN", "OPEN", "OPEN"]);
  });

  test("get events that follow one another each once, in step", () => {
    const pollers = [new Poller(0, () => 3), new Poller(0, () => 20), new Poller(1, () => 250)];
    clock.advance(GATHER_MS);
    for (const event of ["READY", "STREAM audio", "STREAM video", "CLOSE"]) stream.push(event);
    clock.advance(4 * LOCKSTEP_MS);
    for (const { seen } of pollers) expect(seen).toEqual(["READY", "STREAM audio", "STREAM video", "CLOSE"]);
  });

  test("one that stopped does not hold the others up for longer than a moment", () => {
    const [first, second] = [poll(), poll()];
    clock.advance(GATHER_MS);
    stream.push("OPEN");
    expect([first.said, second.said]).toEqual(["OPEN", "OPEN"]);
    const next = poll();
    stream.push("CALL");
    expect(next.said).toBeUndefined();
    clock.advance(LOCKSTEP_MS);
    expect(next.said).toBe("CALL");
  });

  test("one that was slow to come back gets what went to the other meanwhile, and the other does not get it again", () => {
    const [quick, slow] = [poll(), poll()];
    clock.advance(GATHER_MS);
    stream.push("READY");
    expect([quick.said, slow.said]).toEqual(["READY", "READY"]);
    clock.advance(10);
    const quickAgain = poll();
    stream.push("STREAM");
    clock.advance(LOCKSTEP_MS);
    expect(quickAgain.said).toBe("STREAM");
    clock.advance(10);
    const quickWaits = poll();
    clock.advance(REPLAY_GRACE_MS / 2);
    const slowAgain = poll();
    expect(slowAgain.said).toBe("STREAM");
    expect(quickWaits.said).toBeUndefined();
  });

  test("one that comes after the grace gets nothing old", () => {
    const first = poll();
    stream.push("OPEN");
    clock.advance(GATHER_MS);
    expect(first.said).toBe("OPEN");
    clock.advance(REPLAY_GRACE_MS);
    expect(poll().said).toBeUndefined();
    expect(poll("curl").said).toBeUndefined();
  });

  test("of another program gets what this one has just got, and this one does not get it again", () => {
    const ruby = poll();
    stream.push("OPEN");
    clock.advance(GATHER_MS);
    expect(ruby.said).toBe("OPEN");
    const rubyAgain = poll();
    const curl = poll("curl");
    clock.advance(GATHER_MS);
    expect(curl.said).toBe("OPEN");
    expect(rubyAgain.said).toBeUndefined();
  });
});

describe("the programs that are known", () => {
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
          // The first event may be there before anyone polls. For the others all must have begun to poll:
          // what a poller that is alone takes before it stops could be meant for none but itself.
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

  test("the recorder's three pollers (OPEN, CONNECTION, CALL) all find theirs, however they interleave", () => {
    program(["OPEN", "CONNECTION", "CALL"], ["OPEN", "CONNECTION", "CALL"]);
    program(["OPEN", "CONNECTION", "CALL"], ["OPEN", "CALL", "CONNECTION"]);
  });

  test("the hands-on's two pollers (CALL, CONNECTION) both find theirs", () => {
    program(["CALL", "CONNECTION"], ["CALL", "CONNECTION"]);
    program(["CALL", "CONNECTION"], ["CONNECTION", "CALL"]);
  });
});

describe("the end", () => {
  test("is told once, and then the stream is gone", () => {
    const waiting = poll();
    stream.end("CLOSE");
    clock.advance(GATHER_MS);
    expect(waiting.said).toBe("CLOSE");
    expect(stream.endDelivered).toBe(true);
    expect(poll().said).toBe("gone");
    expect(poll().said).toBe("gone");
    clock.advance(REPLAY_GRACE_MS);
    expect(poll().said).toBe("gone");
  });

  test("waits for whoever polls late", () => {
    stream.end("CLOSE");
    clock.advance(60_000);
    expect(stream.endDelivered).toBe(false);
    const late = poll();
    clock.advance(GATHER_MS);
    expect(late.said).toBe("CLOSE");
  });

  test("nothing follows it", () => {
    stream.end("CLOSE");
    stream.push("CALL");
    stream.end("CLOSE");
    const late = poll();
    clock.advance(GATHER_MS);
    expect(late.said).toBe("CLOSE");
    expect(poll().said).toBe("gone");
  });
});

test("a stream that nobody reads keeps the latest events only", () => {
  for (let index = 0; index < MAX_UNREAD_EVENTS + 5; index++) stream.push(`${index}`);
  const first = poll();
  clock.advance(GATHER_MS);
  expect(first.said).toBe("5");
});

function pushAt(gaps: readonly number[]): string[] {
  let at = 0;
  return gaps.map((gap, index) => {
    at += gap;
    clock.after(at, () => stream.push(`${index}`));
    return `${index}`;
  });
}
