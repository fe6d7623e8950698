import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import type { Manifest } from "../../archive/library/manifest.ts";
import type { MediaConnectionId, PeerId } from "../../ids.ts";
import { FakeGateway } from "../../testing/fakeGateway.ts";
import { ManualClock } from "../../testing/manualClock.ts";
import { Gateways } from "./gateways.ts";
import { legsAt } from "./legsAt.ts";
import { gatewayOf, localId, qualifiedId } from "./qualifiedId.ts";

const LOG = pino({ level: "silent" });
const TO = { address: "10.1.0.9", video: 5000, audio: 5002 };

let paper: Map<string | undefined, FakeGateway>;
let found: readonly string[] | Error;
let gateways: Gateways;
beforeEach(() => {
  paper = new Map();
  found = [];
  gateways = new Gateways({
    open(address) {
      const gateway = new FakeGateway(address);
      paper.set(address, gateway);
      return gateway;
    },
    async addresses() {
      if (found instanceof Error) throw found;
      return found;
    },
  });
});

/** A call that rings at the gateway with this address. */
function ringAt(address: string | undefined): MediaConnectionId {
  gateways.at(address);
  return (paper.get(address) as FakeGateway).ring();
}

describe("a qualified id", () => {
  test("contains the gateway of its connection", () => {
    const id = qualifiedId("mc-1", "10.0.0.4");
    expect([id, gatewayOf(id), localId(id)]).toEqual(["mc-1@10.0.0.4", "10.0.0.4", "mc-1"]);
  });

  test("from a version with a single gateway contains no gateway", () => {
    expect([qualifiedId("mc-1", undefined), gatewayOf("mc-1"), localId("mc-1")]).toEqual(["mc-1", undefined, "mc-1"]);
  });
});

describe("a request for a connection", () => {
  test("goes to the gateway that has it, also after a restart of the orchestrator", async () => {
    const [one, other] = [ringAt("10.0.0.4"), ringAt("10.0.0.5")];
    await gateways.answer(one, {}, TO);
    await gateways.hangUp(other);
    expect(paper.get("10.0.0.4")?.redirectOf(one)).toEqual(TO);
    expect(paper.get("10.0.0.4")?.hungUp).toEqual([]);
    expect(paper.get("10.0.0.5")?.hungUp).toEqual([other]);
  });

  test("goes to any gateway if its id is from a version with a single gateway", async () => {
    const id = ringAt(undefined);
    await gateways.hangUp(id);
    expect(paper.get(undefined)?.hungUp).toEqual([id]);
  });

  test("creates an outgoing call at the gateway of the calling peer", async () => {
    const from = { peerId: "TestRecorder" as PeerId, token: "pt-1", gateway: "10.0.0.5" };
    await gateways.call({ from, target: "ada", metadata: undefined }, {}, TO);
    expect([...paper.keys()]).toEqual(["10.0.0.5"]);
    expect(paper.get("10.0.0.5")?.dialled).toMatchObject([{ target: "ada" }]);
  });
});

describe("the list of gateways", () => {
  let clock: ManualClock;
  let changes: (readonly string[])[];
  const watch = () => {
    clock = new ManualClock();
    changes = [];
    void gateways.watch((present) => changes.push(present), clock, LOG, new AbortController().signal);
    return clock.pass(0);
  };

  test("is refreshed regularly, and changes are reported", async () => {
    found = ["10.0.0.5", "10.0.0.4"];
    await watch();
    found = ["10.0.0.4", "10.0.0.5"]; // Docker's DNS returns addresses in any order
    await clock.pass(5_000, 100);
    found = ["10.0.0.4", "10.0.0.5", "10.0.0.6"];
    await clock.pass(2_000, 100);
    found = ["10.0.0.6"];
    await clock.pass(2_000, 100);
    expect(changes).toEqual([["10.0.0.4", "10.0.0.5"], ["10.0.0.4", "10.0.0.5", "10.0.0.6"], ["10.0.0.6"]]);
  });

  test("stays unchanged while the name cannot be resolved: the only gateway may be restarting", async () => {
    found = ["10.0.0.4"];
    await watch();
    found = new Error("ENOTFOUND");
    await clock.pass(60_000, 1_000);
    expect(gateways.present).toEqual(["10.0.0.4"]);
    expect(changes).toHaveLength(1);
  });

  test("has a problem while a gateway is unhealthy, or none is running", async () => {
    await watch();
    expect(await gateways.trouble()).toBe("no gateway is running");
    found = ["10.0.0.4", "10.0.0.5"];
    await clock.pass(2_000, 100);
    expect(await gateways.trouble()).toBeUndefined();
    (paper.get("10.0.0.5") as FakeGateway).trouble = new Error("away");
    expect(await gateways.trouble()).toContain("10.0.0.5");
  });
});

test("running legs are counted per gateway", () => {
  const leg = (mediaConnectionId: string | undefined, state: string) => ({ mediaConnectionId, state });
  const call = (...legs: object[]) => ({ legs }) as unknown as Manifest;
  const legs = legsAt([
    call(leg("mc-1@10.0.0.4", "recording"), leg("mc-2@10.0.0.5", "ready")),
    call(leg("mc-3@10.0.0.4", "ringing"), leg(undefined, "preparing"), leg("mc-4", "connecting")),
  ]);
  expect([...legs]).toEqual([
    ["10.0.0.4", 2],
    [undefined, 1],
  ]);
});
