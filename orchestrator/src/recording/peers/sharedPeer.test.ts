import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import type { PeerId } from "../../ids.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import type { PeerHandle } from "../gateway/gateway.ts";
import { GatewayError } from "../gateway/gatewayError.ts";
import { PeerKeeper } from "./peerKeeper.ts";
import { SharedPeer } from "./sharedPeer.ts";
import { TokenFile } from "./tokens.ts";

const RECORDER = "TestRecorder" as PeerId;
const [ONE, TWO, THREE] = ["10.0.0.4", "10.0.0.5", "10.0.0.6"] as const;

/** Tokens in memory: file access takes real time, which a manual clock does not advance. */
class FakeTokens extends TokenFile {
  readonly kept = new Map<string, string>();

  override async read(peerId: PeerId, gateway = "") {
    const token = this.kept.get(gateway);
    return token === undefined ? undefined : { peerId, token, gateway };
  }
  override async write({ token, gateway = "" }: PeerHandle) {
    this.kept.set(gateway, token);
  }
  override async remove({ gateway = "" }: PeerHandle) {
    this.kept.delete(gateway);
  }
}

let clock: ManualClock;
let gateways: Map<string, FakeGateway>;
let tokens: FakeTokens;
let prepared: string[];
let calls: string[];
let legs: Map<string, number>;
let peer: SharedPeer;

beforeEach(() => {
  clock = new ManualClock();
  gateways = new Map([ONE, TWO, THREE].map((address) => [address, new FakeGateway(address)]));
  tokens = new FakeTokens("/nowhere");
  [prepared, calls, legs] = [[], [], new Map()];
  const log = pino({ level: "silent" });
  peer = new SharedPeer(
    RECORDER,
    {
      keeperAt(address) {
        const prepare = async () => void prepared.push(address);
        return new PeerKeeper(RECORDER, { gateway: at(address), address, prepare, tokens, clock, log });
      },
      legsAt: () => legs,
    },
    (call) => calls.push(call),
  );
});

const at = (address: string) => gateways.get(address) as FakeGateway;
const registered = () => [...gateways].filter(([, { peers }]) => peers.size === 1).map(([address]) => address);
const ringAt = (address: string) => {
  const id = at(address).ring();
  for (const { events } of at(address).peers.values()) events.put({ event: "CALL", mediaConnectionId: id });
  return id;
};

test("is registered at every gateway after its port is set, and accepts calls from all of them", async () => {
  peer.keepAt([ONE, TWO]);
  await clock.pass(100);
  expect(prepared).toEqual([ONE, TWO]);
  expect(registered()).toEqual([ONE, TWO]);
  expect(await peer.trouble()).toBeUndefined();
  const rung = [ringAt(ONE), ringAt(TWO)];
  await clock.pass(0);
  expect(calls).toEqual(rung);
});

test("is registered at an added gateway, without changes at the others", async () => {
  peer.keepAt([ONE]);
  await clock.pass(100);
  const before = [...at(ONE).peers.keys()];
  peer.keepAt([ONE, TWO]);
  await clock.pass(100);
  expect(registered()).toEqual([ONE, TWO]);
  expect([...at(ONE).peers.keys()]).toEqual(before);
});

test("ignores a removed gateway, and still accepts calls from the others", async () => {
  peer.keepAt([ONE, TWO]);
  await clock.pass(100);
  at(ONE).trouble = new GatewayError("UNREACHABLE", "killed");
  await clock.pass(1_000);
  expect(await peer.trouble()).toContain("registering");
  peer.keepAt([TWO]);
  await clock.pass(100);
  expect(await peer.trouble()).toBeUndefined();
  const call = ringAt(TWO);
  await clock.pass(0);
  expect(calls).toEqual([call]);
});

test("says why it is refused at a gateway, and recovers when the id is free", async () => {
  at(TWO).taken.add(RECORDER);
  peer.keepAt([ONE, TWO]);
  await clock.pass(1_000);
  expect(await peer.trouble()).toBe("TestRecorder is refused: the id is taken; registration is retried automatically");
  at(TWO).taken.clear();
  await clock.pass(6_000, 500);
  expect(await peer.trouble()).toBeUndefined();
});

test("has a problem while it is registered nowhere", async () => {
  expect(await peer.trouble()).toContain("TestRecorder is registering");
  expect(peer.handle).toBeUndefined();
});

test("calls from the gateway with the fewest legs, round-robin if several have the same number", async () => {
  peer.keepAt([ONE, TWO, THREE]);
  await clock.pass(100);
  const turns = () => Array.from({ length: 6 }, () => peer.handle?.gateway);
  expect(turns()).toEqual([ONE, TWO, THREE, ONE, TWO, THREE]);
  legs = new Map([
    [ONE, 2],
    [TWO, 1],
    [THREE, 1],
  ]);
  expect(turns()).toEqual([TWO, THREE, TWO, THREE, TWO, THREE]);
  at(TWO).trouble = new GatewayError("UNREACHABLE", "killed");
  at(TWO).forget();
  await clock.pass(1_000);
  expect(new Set(turns())).toEqual(new Set([THREE]));
});

test("is removed from all gateways at the end", async () => {
  peer.keepAt([ONE, TWO]);
  await clock.pass(100);
  await peer.remove();
  expect(registered()).toEqual([]);
  expect(tokens.kept.size).toBe(0);
  peer.keepAt([THREE]);
  await clock.pass(100);
  expect(registered()).toEqual([]);
});
