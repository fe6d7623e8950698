import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestGateway } from "../testing/gateway.ts";
import { Program } from "../testing/program.ts";
import { openPeer, type RecorderPeer } from "../testing/recorderPeer.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";

/** Programs that call each other, as the samples of the official gateway do. */

const CONNECT_MS = 5_000;
/** Five seconds: longer than a call lives whose peer is not heard. */
const FRAMES = 250;
const MESSAGES = 20;

let gateway: TestGateway;
/** The other peer's. */
let other: TestGateway;

afterEach(async () => {
  if (other !== gateway) await other.close();
  await gateway[Symbol.asyncDispose]();
});

describe.each(["one gateway", "two gateways"])("two peers of %s", (gateways) => {
  beforeEach(async () => {
    gateway = await TestGateway.open();
    other = gateways === "one gateway" ? gateway : await TestGateway.open({ signalingPort: gateway.signalingPort });
  });

  test("exchange media in both directions", async () => {
    await using alice = await Program.open(gateway, "alice");
    await using bob = await Program.open(other, "bob");
    const [dialled, answered] = await connect(alice, bob);
    alice.sendMedia();
    bob.sendMedia();

    for (const program of [alice, bob])
      for (const kind of ["video", "audio"] as const)
        await waitFor(`${kind} at ${program.peer.id}`, () => program.received[kind].packets.length >= FRAMES);

    await alice.hangUp(dialled);
    while ((await bob.event(answered)) !== "CLOSE");
  });

  test("call each other again and again", async () => {
    await using alice = await Program.open(gateway, "alice");
    await using bob = await Program.open(other, "bob");
    for (const [caller, called] of [
      [alice, bob],
      [bob, alice],
      [alice, bob],
    ] as const) {
      const [dialled, answered] = await connect(caller, called);
      await caller.hangUp(dialled);
      while ((await called.event(answered)) !== "CLOSE");
    }
  });

  test("exchange data in both directions", async () => {
    const [alice, bob] = [await openPeer(gateway, "alice"), await openPeer(other, "bob")];
    await using atAlice = await UdpReceiver.open();
    await using atBob = await UdpReceiver.open();
    const fromAlice = (await gateway.post("/data")).body;
    const fromBob = (await other.post("/data")).body;

    const asked = await gateway.post("/data/connections", {
      ...{ peer_id: alice.id, token: alice.token, target_id: bob.id, options: { serialization: "NONE" } },
      ...{ params: { data_id: fromAlice.data_id }, redirect_params: atAlice.address },
    });
    const dialled = `/data/connections/${asked.body.params.data_connection_id}`;
    const answered = await nextDataConnection(bob);
    const attachment = { feed_params: { data_id: fromBob.data_id }, redirect_params: atBob.address };
    await other.request("PUT", answered, attachment);
    const since = performance.now();
    expect((await gateway.get(`${dialled}/events`)).body).toEqual({ event: "OPEN" });
    expect((await other.get(`${answered}/events`)).body).toEqual({ event: "OPEN" });
    expect(performance.now() - since).toBeLessThan(CONNECT_MS);

    for (let count = 0; count < MESSAGES; count++) {
      await atAlice.send(Buffer.from(`from Alice ${count}`), fromAlice.port);
      await atBob.send(Buffer.from(`from Bob ${count}`), fromBob.port);
    }
    await waitFor("all messages", () => atAlice.packets.length + atBob.packets.length === 2 * MESSAGES);
    expect(atBob.packets.map(String)).toEqual(Array.from({ length: MESSAGES }, (_, count) => `from Alice ${count}`));
    expect(atAlice.packets.map(String)).toEqual(Array.from({ length: MESSAGES }, (_, count) => `from Bob ${count}`));

    await gateway.request("DELETE", dialled);
    expect((await other.get(`${answered}/events`)).body).toEqual({ event: "CLOSE" });
  });
});

/** @returns the connection at the caller and at the called peer. */
async function connect(caller: Program, called: Program): Promise<[dialled: string, answered: string]> {
  const [dialled, answered] = [await caller.call(called.peer.id), await called.answer()];
  const since = performance.now();
  expect([await caller.event(dialled), await called.event(answered)]).toEqual(["READY", "READY"]);
  expect(performance.now() - since).toBeLessThan(CONNECT_MS);
  return [dialled, answered];
}

async function nextDataConnection(peer: RecorderPeer): Promise<string> {
  const { body } = await other.get(peer.events);
  return `/data/connections/${body.data_params.data_connection_id}`;
}
