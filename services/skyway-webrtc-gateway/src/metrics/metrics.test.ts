import { expect, test } from "vitest";
import { noCounts } from "../rtp/counters.ts";
import { TestGateway } from "../testing/gateway.ts";
import type { TrackReport } from "../webrtc/mediaSession.ts";
import { MediaTotals } from "./mediaTotals.ts";

const track = (kind: TrackReport["kind"], packetsReceived: number): TrackReport => ({
  ...{ kind, offered: [], negotiated: null, clock: null },
  counters: { ...noCounts(), packetsReceived, lastPacketUnixMs: 1e12 },
});

test("totals never decrease: the counts of a call remain when it is removed", () => {
  const totals = new MediaTotals();
  const running = [track("video", 10), track("audio", 3)];
  expect(totals.with([running]).video.packetsReceived).toBe(10);

  totals.add(running, "force_close", true);

  expect(totals.with([]).video.packetsReceived).toBe(10);
  expect(totals.with([[track("video", 5)]]).video.packetsReceived).toBe(15);
  expect(totals.with([]).audio.packetsReceived).toBe(3);
  expect(totals.ends).toEqual(new Map([["force_close", 1]]));
});

test("a call that ended with ice_failed counts as a failed connect unless it was connected before", () => {
  const totals = new MediaTotals();
  totals.add([], "ice_failed", true);
  totals.add([], "offer_expired", false);
  expect(totals.failedConnects).toBe(0);
  totals.add([], "ice_failed", false);
  expect(totals.failedConnects).toBe(1);
});

test("metrics are returned as text, and the API still returns JSON only", async () => {
  await using gateway = await TestGateway.open();
  const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

  const response = await fetch(`${gateway.origin}/metrics`, { headers: { accept } });
  const lines = (await response.text()).split("\n");

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(lines).toContain('webrtc_gateway_packets_received_total{kind="video"} 0');
  expect(lines).toContain('webrtc_gateway_packets_repaired_total{kind="audio"} 0');
  expect(lines).toContain("webrtc_gateway_failed_connects_total 0");
  expect(lines).toContain("webrtc_gateway_calls 0");
  expect(lines).toContain('webrtc_gateway_peers{state="open"} 0');
  expect((await fetch(`${gateway.origin}/health`, { headers: { accept: "text/plain" } })).status).toBe(406);
});
