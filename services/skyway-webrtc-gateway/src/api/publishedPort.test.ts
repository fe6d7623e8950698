import { expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { nextCall, openPeer } from "../testing/recorderPeer.ts";

const ANNOUNCED = "192.0.2.7";

test("a gateway rejects peers until it knows its published port, which it announces for ANNOUNCED_IP only", async () => {
  await using gateway = await TestGateway.open({ announcedIps: [ANNOUNCED, "127.0.0.1"], hasUnknownPort: true });
  const refused = await gateway.post("/peers", { key: KEY, domain: "localhost", peer_id: "TestRecorder", turn: true });
  expect(refused.status).toBe(503);
  expect((await gateway.get("/health")).body.published_port).toBeNull();

  const updated = await gateway.request("PUT", "/media/published_port", { port: 40_007 });
  expect(updated.status).toBe(200);
  expect((await gateway.get("/health")).body.published_port).toBe(40_007);

  const peer = await openPeer(gateway);
  using caller = await Caller.open(gateway);
  caller.call("TestRecorder");
  const call = await nextCall(gateway, peer);
  await gateway.post(`${call}/answer`, { constraints: { video: false, audio: false }, redirect_params: {} });
  const { body } = await caller.receives("ANSWER");
  const { sdp } = (body as { answer: { sdp: string } }).answer;
  const candidates = [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \d+ (\S+) (\d+) typ host/gm)].map(([, ip, port]) => [
    ip,
    port,
  ]);
  expect(candidates).toEqual([
    [ANNOUNCED, "40007"],
    ["127.0.0.1", String(gateway.mediaPort)],
  ]);
  expect(sdp).toMatch(/^m=\S+ 40007 [^\n]+\r\nc=IN IP4 192\.0\.2\.7\r$/m);
});

test("a configured port is never changed", async () => {
  await using gateway = await TestGateway.open();
  const { body } = await gateway.request("PUT", "/media/published_port", { port: 40_007 });
  expect(body.params).toEqual({ port: gateway.mediaPort });
});

test.each([{}, { port: 0 }, { port: 65_536 }, { port: "40007" }])("%j is not a valid port", async (body) => {
  await using gateway = await TestGateway.open({ announcedIps: [ANNOUNCED], hasUnknownPort: true });
  expect((await gateway.request("PUT", "/media/published_port", body)).status).toBe(400);
});
