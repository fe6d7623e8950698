import { expect, test } from "vitest";
import { Client } from "./testing/client.ts";
import { openSignaling } from "./testing/signaling.ts";

const RECORDER = { version: "socket.io 4", platform: "webrtc-gateway", peerId: "TestRecorder" } as const;

test("who comes by the side door is taken for a service of this bundle, and others find it", async () => {
  await using signaling = await openSignaling({ sideDoorPort: 0 });
  const inside = { origin: `http://127.0.0.1:${signaling.sideDoorPort}` };
  using recorder = await Client.open(inside, RECORDER);
  using caller = await Client.open(signaling, { peerId: "alice" });

  caller.offer("TestRecorder");
  await recorder.hears("OFFER");
  recorder.answer("alice");
  await caller.hears("ANSWER");

  const key = "00000000-0000-4000-8000-000000000000";
  const clients = await (await fetch(`${signaling.origin}/api/apikeys/${key}/clients/`)).json();
  expect(clients.sort()).toEqual(["TestRecorder", "alice"]);
});

test("who comes by the front door is refused the recorder's id, even with the recorder's token", async () => {
  await using signaling = await openSignaling({ sideDoorPort: 0 });
  const inside = { origin: `http://127.0.0.1:${signaling.sideDoorPort}` };
  using recorder = await Client.open(inside, { ...RECORDER, token: "known" });
  for (const token of ["another", "known"]) {
    using stranger = new Client(signaling, { ...RECORDER, token });
    expect((await stranger.hears("ERROR")).type).toBe("unavailable-id");
  }
  expect(recorder.disconnects).toEqual([]);
});
