import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { expect, test } from "vitest";
import { Client } from "../../../signaling/src/testing/client.ts";
import { openNetwork } from "../../../signaling/src/testing/network.ts";
import { SignalingProgram } from "../../../signaling/src/testing/signalingProgram.ts";
import { Caller } from "../testing/caller.ts";
import { TestGateway } from "../testing/gateway.ts";
import { nextCall, openPeer, RECEIVE_ONLY } from "../testing/recorderPeer.ts";

/** Longer than a gateway and a page wait for signalling: both give up and close their sockets. */
const FROZEN_MS = 10_500;
/** Longer than a client that was lost may stay away. */
const LONG_FROZEN_MS = 17_000;

test.each([
  ["for as long as its clients wait", FROZEN_MS],
  ["for much longer", LONG_FROZEN_MS],
])(
  "signalling that freezes %s ends no call, and the peers are registered again",
  async (_, frozenMs) => {
    await using signaling = new SignalingProgram({ PORT: "0", SIDE_DOOR_PORT: "0", LOG_LEVEL: "debug" });
    const server = await signaling.starts();
    await using gateway = await TestGateway.open({ signalingPort: signaling.internalPort() });
    const recorder = await openPeer(gateway);
    using caller = await Caller.open({ signalingOrigin: server.origin });
    using page = await Client.open(server, { peerId: "page", reconnection: true });
    await page.reachesWebSocket();
    caller.call(recorder.id);
    page.offer("alice");
    const path = await nextCall(gateway, recorder);
    await gateway.post(`${path}/answer`, { constraints: RECEIVE_ONLY, redirect_params: {} });
    await waitFor("the call is up", () => caller.state === "connected");
    await caller.receives("OFFER");
    caller.sendMedia();

    await signaling.freeze(frozenMs);

    const opens = () => caller.received.filter(({ event }) => event === "OPEN").length;
    await waitFor("the caller is registered again", () => opens() > 1);
    await waitFor("the page is registered again", () => page.events.filter((event) => event === "OPEN").length > 1);
    const isBack = async () => {
      const { status, body } = await gateway.get(`/peers/${recorder.id}/status?token=${recorder.token}`);
      return status === 200 && body.disconnected === false;
    };
    await waitFor("the gateway is registered again", isBack);
    // This peer is lost later than the others, so its grace time ends last.
    await using network = await openNetwork({ port: Number(server.port) });
    using witness = await Client.open(network, { peerId: "witness" });
    await witness.reachesWebSocket();
    witness.offer("page", "mc_witness");
    await page.hears("OFFER", 1);
    network.cut();
    await page.hears("LEAVE");

    expect(page.heard.filter(({ event }) => event === "LEAVE").map(({ body }) => body)).toEqual(["witness"]);
    expect(caller.received.map(({ event }) => event)).not.toContain("LEAVE");
    const { body } = await gateway.get(`${path}/status`);
    expect(body.open).toBe(true);
    expect(caller.state).toBe("connected");
  },
  60_000,
);
