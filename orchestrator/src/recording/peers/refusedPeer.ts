import type { Clock } from "../../clock.ts";
import type { Gateway, PeerHandle } from "../gateway/gateway.ts";

const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 5_000;

interface RefusedPeerOptions {
  gateway: Pick<Gateway, "peerStatus">;
  clock: Clock;
  /** Whether calls of this peer are running: they would end with it. */
  isInUse: () => boolean;
}

/**
 * Checks a peer that signalling has refused, at intervals of 1 s to 5 s, until it is registered after all, or can be
 * replaced by a new peer. A gateway that was registered before repeats the registration, but reports no second OPEN; the
 * official gateway keeps a peer that never gets its id.
 *
 * @returns "replaceable" if no call uses it; undefined if `until` aborts first.
 */
export async function outcomeOf(
  peer: PeerHandle,
  { gateway, clock, isInUse }: RefusedPeerOptions,
  until: AbortSignal,
): Promise<"registered" | "replaceable" | undefined> {
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    await clock.sleep(pauseMs, until);
    const status = await gateway.peerStatus(peer).catch(() => undefined);
    if (until.aborted) return undefined;
    if (status?.connected) return "registered";
    // Without a status the gateway or the peer is lost, which is noticed when events are read.
    if (status && !isInUse()) return "replaceable";
    pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
  }
}
