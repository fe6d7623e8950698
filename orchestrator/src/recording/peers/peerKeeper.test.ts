import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PeerId } from "../../ids.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import { PeerKeeper } from "./peerKeeper.ts";
import { TokenFile } from "./tokens.ts";

const RECORDER = "TestRecorder" as PeerId;

/** Tokens in memory: file access takes real time, which a manual clock does not advance. */
class FakeTokens extends TokenFile {
  readonly kept = new Map<PeerId, string>();

  override async read(peerId: PeerId) {
    const token = this.kept.get(peerId);
    return token === undefined ? undefined : { peerId, token };
  }
  override async write({ peerId, token }: { peerId: PeerId; token: string }) {
    this.kept.set(peerId, token);
  }
  override async remove({ peerId }: { peerId: PeerId }) {
    this.kept.delete(peerId);
  }
}

let clock: ManualClock;
let gateway: FakeGateway;
let tokens: FakeTokens;
let logged: { code?: string }[];
let calls: string[];

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  tokens = new FakeTokens("/nowhere");
  logged = [];
  calls = [];
});

function keep(peerId = RECORDER, isInUse = () => false): PeerKeeper {
  const log = pino({ level: "error" }, { write: (line) => void logged.push(JSON.parse(line)) });
  const keeper = new PeerKeeper(peerId, { gateway, tokens, clock, log, isInUse });
  void keeper.keep((call) => calls.push(call));
  return keeper;
}
const peer = () => [...gateway.peers.values()].find(({ peerId }) => peerId === RECORDER);

describe("a kept peer", () => {
  test("is registered, and reports incoming calls", async () => {
    const keeper = keep();
    await clock.pass(100);
    expect(await keeper.trouble()).toBeUndefined();
    const call = gateway.ring();
    peer()?.events.put({ event: "CALL", mediaConnectionId: call });
    await clock.pass(0);
    expect(calls).toEqual([call]);
  });

  test("is registered again after a restart of the gateway", async () => {
    const keeper = keep();
    await clock.pass(100);
    gateway.forget();
    await clock.pass(1_000);
    expect(peer()).toBeDefined();
    expect(await keeper.trouble()).toBeUndefined();
    expect(logged).toEqual([]);
  });

  test("waits for an unreachable gateway, and is registered within 5 s of its return", async () => {
    gateway.trouble = new GatewayError("UNREACHABLE", "away");
    const keeper = keep();
    await clock.pass(10 * 60_000, 1_000);
    expect(await keeper.trouble()).toContain("TestRecorder is registering");
    gateway.trouble = undefined;
    await clock.pass(5_000);
    expect(await keeper.trouble()).toBeUndefined();
  });

  test("is the one that an earlier process registered, if the gateway still has it", async () => {
    const former = await gateway.createPeer(RECORDER);
    tokens.kept.set(RECORDER, former.token);
    const keeper = keep();
    await clock.pass(100);
    expect(await keeper.trouble()).toBeUndefined();
    expect([...gateway.peers.keys()]).toEqual([former.token]);
  });

  test("has a problem while the signalling server is unreachable", async () => {
    const keeper = keep();
    await clock.pass(100);
    const registered = peer();
    if (registered) registered.connected = false;
    expect(await keeper.trouble()).toContain("TestRecorder");
  });

  test("accepts no more calls after it is stopped, and is removed from the gateway at the end", async () => {
    const keeper = keep();
    await clock.pass(100);
    keeper.stop();
    await clock.pass(0);
    peer()?.events.put({ event: "CALL", mediaConnectionId: gateway.ring() });
    await clock.pass(1_000);
    expect(calls).toEqual([]);
    await keeper.remove();
    expect(gateway.peers.size).toBe(0);
    expect(tokens.kept.size).toBe(0);
  });
});

describe("a peer whose id is taken", () => {
  test("logs it once, and registers when the id is free", async () => {
    gateway.taken.add(RECORDER);
    const keeper = keep();
    await clock.pass(60_000, 500);
    expect(logged).toMatchObject([{ code: "PEER_REFUSED", reason: "the id is taken" }]);
    expect(await keeper.trouble()).toBe("TestRecorder is refused");
    gateway.taken.clear();
    await clock.pass(6_000, 500);
    expect(await keeper.trouble()).toBeUndefined();
  });

  test("does not prevent others from being registered", async () => {
    gateway.taken.add(RECORDER);
    keep();
    const other = keep("Other" as PeerId);
    await clock.pass(1_000);
    expect(await other.trouble()).toBeUndefined();
  });

  test("may be refused only after its registration", async () => {
    const keeper = keep();
    await clock.pass(100);
    peer()?.events.put({ event: "ERROR", message: "UNAVAILABLE_ID" });
    await clock.pass(100);
    expect(logged).toMatchObject([{ code: "PEER_REFUSED" }]);
    peer()?.events.put({ event: "OPEN" });
    await clock.pass(100);
    expect(await keeper.trouble()).toBeUndefined();
  });
});

describe("a peer that is refused after the gateway has accepted it", () => {
  const refuse = () => {
    const refused = peer();
    if (!refused) throw new Error("there is no peer to refuse");
    refused.connected = false;
    refused.events.put({ event: "ERROR", message: "UNAVAILABLE_ID" });
  };

  test("is registered as a new peer when the id is free, and the refusal is logged once", async () => {
    gateway.refusesLater = true;
    gateway.taken.add(RECORDER);
    const keeper = keep();
    await clock.pass(60_000, 500);
    expect(logged).toMatchObject([{ code: "PEER_REFUSED", reason: "UNAVAILABLE_ID" }]);
    expect(await keeper.trouble()).toBe("TestRecorder is refused");
    expect(keeper.refusal).toBe("UNAVAILABLE_ID");
    gateway.taken.clear();
    await clock.pass(7_000, 500);
    expect(await keeper.trouble()).toBeUndefined();
    expect(keeper.refusal).toBeUndefined();
    expect(gateway.peers.size).toBe(1);
    const call = gateway.ring();
    peer()?.events.put({ event: "CALL", mediaConnectionId: call });
    await clock.pass(0);
    expect(calls).toEqual([call]);
  });

  test("is registered again at most every 5 s", async () => {
    gateway.refusesLater = true;
    gateway.taken.add(RECORDER);
    const create = gateway.createPeer.bind(gateway);
    let attempts = 0;
    gateway.createPeer = (id) => {
      attempts += 1;
      return create(id);
    };
    keep();
    await clock.pass(60_000, 500);
    expect(attempts).toBeGreaterThan(8);
    expect(attempts).toBeLessThan(18);
  });

  test("is kept while calls use it, and counts as registered when the gateway has the id back, without another OPEN", async () => {
    const keeper = keep(RECORDER, () => true);
    await clock.pass(100);
    const before = [...gateway.peers.keys()];
    refuse();
    await clock.pass(30_000, 500);
    expect(await keeper.trouble()).toBe("TestRecorder is refused");
    expect(keeper.handle).toBeUndefined();
    const refused = peer();
    if (refused) refused.connected = true;
    await clock.pass(6_000, 500);
    expect(await keeper.trouble()).toBeUndefined();
    expect(keeper.handle).toBeDefined();
    expect([...gateway.peers.keys()]).toEqual(before);
  });

  test("is replaced when its last call has ended", async () => {
    let isInUse = true;
    const keeper = keep(RECORDER, () => isInUse);
    await clock.pass(100);
    const before = [...gateway.peers.keys()];
    refuse();
    await clock.pass(10_000, 500);
    isInUse = false;
    await clock.pass(10_000, 500);
    expect(await keeper.trouble()).toBeUndefined();
    expect([...gateway.peers.keys()]).not.toEqual(before);
    expect(tokens.kept.get(RECORDER)).toBe([...gateway.peers.keys()][0]);
  });
});

describe("the token file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tokens-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("contains the tokens that several peers write at once, and only its owner can read it", async () => {
    const path = join(folder, "peers.json");
    const file = new TokenFile(path);
    const ids = Array.from({ length: 8 }, (_, at) => `peer-${at}` as PeerId);
    await Promise.all(ids.map((peerId) => file.write({ peerId, token: `pt-${peerId}` })));
    await file.remove({ peerId: "peer-3" as PeerId, token: "" });
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")))).toHaveLength(7);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await new TokenFile(path).read("peer-7" as PeerId)).toEqual({ peerId: "peer-7", token: "pt-peer-7" });
    expect(await file.read("peer-3" as PeerId)).toBeUndefined();
  });

  test("that is missing or invalid counts as empty", async () => {
    expect(await new TokenFile(join(folder, "nothing")).read(RECORDER)).toBeUndefined();
  });
});
