import { expect, test } from "vitest";
import { Client } from "./testing/client.ts";
import { openSignaling } from "./testing/signaling.ts";

const RECORDER = { version: "socket.io 4", platform: "webrtc-gateway", peerId: "TestRecorder" } as const;

test("a client of the internal port is a service of this bundle, and other clients can call it", async () => {
  await using signaling = await openSignaling({ internalPort: 0 });
  const internal = { origin: `http://127.0.0.1:${signaling.internalPort}` };
  using recorder = await Client.open(internal, RECORDER);
  using caller = await Client.open(signaling, { peerId: "alice" });

  caller.offer("TestRecorder");
  await recorder.hears("OFFER");
  recorder.answer("alice");
  await caller.hears("ANSWER");

  const key = "00000000-0000-4000-8000-000000000000";
  const clients = await (await fetch(`${signaling.origin}/api/apikeys/${key}/clients/`)).json();
  expect(clients.sort()).toEqual(["TestRecorder", "alice"]);
});

test("a client of the public port cannot take the recorder's id, even with the recorder's token", async () => {
  await using signaling = await openSignaling({ internalPort: 0 });
  const internal = { origin: `http://127.0.0.1:${signaling.internalPort}` };
  using recorder = await Client.open(internal, { ...RECORDER, token: "known" });
  for (const token of ["another", "known"]) {
    using stranger = new Client(signaling, { ...RECORDER, token });
    expect((await stranger.hears("ERROR")).type).toBe("unavailable-id");
  }
  expect(recorder.disconnects).toEqual([]);
});
