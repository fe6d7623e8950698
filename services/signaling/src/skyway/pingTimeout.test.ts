import type { Socket } from "engine.io";
import { afterEach, expect, test, vi } from "vitest";
import { Client } from "../testing/client.ts";
import { openSignaling } from "../testing/signaling.ts";
import { ENGINE_SILENCE_LIMIT_MS, PAGE_PING_INTERVAL_MS, PAGE_PING_LIMIT_MS } from "../times.ts";
import { type EngineSocket, extendPingTimeout } from "./pingTimeout.ts";

/** skyway-js ends a call this long after the last received packet. */
const CALL_ENDS_MS = 17_000;
/** skyway-js reconnects within 1.5 s, and ICE takes one second. */
const RECONNECT_MS = 2_500;

afterEach(() => void vi.useRealTimers());

test.each([3, 4])("a silent client of Engine.IO %d is given up later than it would give up the server", (protocol) => {
  vi.useFakeTimers();
  const onClose = vi.fn();
  const soon = setTimeout(() => onClose("too soon"), PAGE_PING_INTERVAL_MS + PAGE_PING_LIMIT_MS);
  const client: EngineSocket = { protocol, readyState: "open", pingTimeoutTimer: soon, resetPingTimeout() {}, onClose };

  extendPingTimeout(client as unknown as Socket);
  if (protocol === 4) client.resetPingTimeout(); // engine.io does so with each ping

  vi.advanceTimersByTime(ENGINE_SILENCE_LIMIT_MS - 1);
  expect(onClose).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onClose).toHaveBeenCalledExactlyOnceWith("ping timeout");
});

test("pages receive ping times that let them reconnect before their call ends", async () => {
  await using signaling = await openSignaling();
  using client = await Client.open(signaling);
  const { pingInterval, pingTimeout } = client.socket.io.engine;

  expect(pingInterval + pingTimeout + RECONNECT_MS).toBeLessThan(CALL_ENDS_MS);
});
