import type { Socket } from "engine.io";
import { afterEach, expect, test, vi } from "vitest";
import { Client } from "../testing/client.ts";
import { openSignaling } from "../testing/signaling.ts";
import { ENGINE_SILENCE_LIMIT_MS, PAGE_PING_INTERVAL_MS, PAGE_PING_LIMIT_MS } from "../times.ts";
import { bePatientWith, type Patience } from "./patience.ts";

/** skyway-js ends a call so long after the last that came; it tries to come back after 1.5 s at most, and ICE takes a second. */
const GIVEN_UP_MS = 17_000;
const COMING_BACK_MS = 2_500;

afterEach(() => void vi.useRealTimers());

test.each([3, 4])(
  "a client of Engine.IO %d that says nothing is given up late, not as soon as it gives us up",
  (protocol) => {
    vi.useFakeTimers();
    const onClose = vi.fn();
    const soon = setTimeout(() => onClose("too soon"), PAGE_PING_INTERVAL_MS + PAGE_PING_LIMIT_MS);
    const client: Patience = { protocol, readyState: "open", pingTimeoutTimer: soon, resetPingTimeout() {}, onClose };

    bePatientWith(client as unknown as Socket);
    if (protocol === 4) client.resetPingTimeout(); // engine.io does so with each ping

    vi.advanceTimersByTime(ENGINE_SILENCE_LIMIT_MS - 1);
    expect(onClose).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onClose).toHaveBeenCalledExactlyOnceWith("ping timeout");
  },
);

test("a page is told to notice a dead network in time to be back before its call is given up", async () => {
  await using signaling = await openSignaling();
  using client = await Client.open(signaling);
  const { pingInterval, pingTimeout } = client.socket.io.engine;

  expect(pingInterval + pingTimeout + COMING_BACK_MS).toBeLessThan(GIVEN_UP_MS);
});
