import type { Socket } from "engine.io";
import { ENGINE_SILENCE_LIMIT_MS } from "../times.ts";

/** What engine.io declares private of a client. */
export interface Patience {
  readonly protocol: number;
  readonly readyState: string;
  pingTimeoutTimer: NodeJS.Timeout | null;
  resetPingTimeout(): void;
  onClose(reason: string): void;
}

/**
 * engine.io has one pair of times for both ends: how soon a client is to notice that the server is gone would be how
 * soon the server gives up a client.
 */
export function bePatientWith(client: Socket): void {
  const patience = client as unknown as Patience;
  patience.resetPingTimeout = () => {
    clearTimeout(patience.pingTimeoutTimer ?? undefined);
    patience.pingTimeoutTimer = setTimeout(() => {
      if (patience.readyState !== "closed") patience.onClose("ping timeout");
    }, ENGINE_SILENCE_LIMIT_MS);
  };
  // Of protocol 3 it is called once, when the client has come, and only restarted from then on.
  if (patience.protocol === 3) patience.resetPingTimeout();
}
