import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Connection, type EventSourceLike, SILENCE_LIMIT_MS, stayConnected } from "./eventConnection.ts";

class FakeSource extends EventTarget implements EventSourceLike {
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
  tell(type: string): void {
    this.dispatchEvent(new Event(type));
  }
}

let sources: FakeSource[];
let states: Connection[];
let catchUp: () => Promise<void>;
let end: () => void;
let probes: number;
const newest = () => sources.at(-1) as FakeSource;
const state = () => states.at(-1);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [sources, states, catchUp, probes] = [[], [], async () => undefined, 0];
  end = stayConnected({
    open: () => {
      sources.push(new FakeSource());
      return newest();
    },
    catchUp: () => catchUp(),
    probe: async () => {
      probes += 1;
      throw new Error("401");
    },
    onConnection: (connection) => states.push(connection),
  });
});
afterEach(() => {
  end();
  vi.useRealTimers();
});

async function goLive(): Promise<void> {
  newest().tell("open");
  await pass(0);
}

test("it is live only when the source is open and the page has caught up", async () => {
  let isReachable = false;
  catchUp = async () => {
    if (!isReachable) throw new Error("503");
  };
  expect(state()).toEqual({ status: "connecting" });
  await goLive();
  expect(state()).toEqual({ status: "connecting" });
  isReachable = true;
  await pass(1_000);
  expect(state()).toEqual({ status: "live" });
});

test("a source that fails, also one that the browser gives up, is replaced every second until one opens", async () => {
  await goLive();
  newest().tell("error");
  expect(state()).toEqual({ status: "lost", since: 1_000_000 });
  for (let tries = 0; tries < 30; tries += 1) {
    await pass(1_000);
    newest().tell("error");
  }
  expect(sources.length).toBe(31);
  expect(sources.every(({ isClosed }) => isClosed)).toBe(true);
  expect(new Set(states.slice(2).map((one) => JSON.stringify(one))).size).toBe(1); // the first loss counts
  await pass(1_000);
  await goLive();
  expect(state()).toEqual({ status: "live", regained: { lostAt: 1_000_000, regainedAt: 1_031_000 } });
  newest().tell("error");
  expect(state()).toEqual({ status: "lost", since: 1_031_000 });
});

test("a source that cannot be opened is followed by a request whose answer says why; one that breaks is not", async () => {
  await goLive();
  newest().tell("error");
  await pass(1_000);
  expect(probes).toBe(0);
  newest().tell("error");
  expect(probes).toBe(1);
});

test("a source that is silent is lost, though it looks open", async () => {
  await goLive();
  for (let times = 0; times < 10; times += 1) {
    await pass(5_000);
    newest().tell("alive");
  }
  expect(state()).toEqual({ status: "live" });
  await pass(SILENCE_LIMIT_MS + 2_000);
  expect(state()).toEqual({ status: "lost", since: 1_050_000 });
  expect(sources.length).toBe(2);
});

test("a source that never opens is given up too", async () => {
  await pass(SILENCE_LIMIT_MS + 3_000);
  expect(sources.length).toBe(2);
  expect(sources[0]?.isClosed).toBe(true);
});

test("nothing happens after the end", async () => {
  await goLive();
  end();
  newest().tell("error");
  await pass(60_000);
  expect(sources).toHaveLength(1);
  expect(newest().isClosed).toBe(true);
  expect(state()).toEqual({ status: "live" });
});

test("what an old source still says is ignored", async () => {
  await goLive();
  const [old] = sources;
  old?.tell("error");
  await pass(1_000);
  old?.tell("open");
  old?.tell("error");
  await pass(0);
  expect(sources).toHaveLength(2);
  expect(state()?.status).toBe("lost");
});
