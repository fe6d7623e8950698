import type { Socket } from "engine.io";
import { ENGINE_SILENCE_LIMIT_MS } from "../times.ts";

/** Private members of engine.io's socket. */
export interface EngineSocket {
  readonly protocol: number;
  readonly readyState: string;
  pingTimeoutTimer: NodeJS.Timeout | null;
  resetPingTimeout(): void;
  onClose(reason: string): void;
}

/**
 * Replaces engine.io's ping timeout on the server side. engine.io uses the same intervals for both sides, but clients
 * must notice a lost server sooner than the server gives up a silent client.
 */
export function extendPingTimeout(client: Socket): void {
  const engineSocket = client as unknown as EngineSocket;
  engineSocket.resetPingTimeout = () => {
    clearTimeout(engineSocket.pingTimeoutTimer ?? undefined);
    engineSocket.pingTimeoutTimer = setTimeout(() => {
      if (engineSocket.readyState !== "closed") engineSocket.onClose("ping timeout");
    }, ENGINE_SILENCE_LIMIT_MS);
  };
  // For protocol 3, engine.io calls it only once, at connection, and later restarts the timer. So start it here.
  if (engineSocket.protocol === 3) engineSocket.resetPingTimeout();
}
