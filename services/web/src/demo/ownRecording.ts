import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { textIn } from "../metadata.ts";

/** What becomes of the recording of one's own side. */
export type OwnRecording =
  | { at: "preparing" }
  | { at: "recording"; since: string }
  | { at: "over" }
  | { at: "failed"; text: string };

/** The newest leg of a peer in a call, as its page shows it; undefined while the peer has none there. */
export function ownRecording(call: Call, peerId: string): OwnRecording | undefined {
  const leg = call.legs.findLast((one) => one.peerId === peerId);
  if (!leg) return undefined;
  if (leg.state === "recording") return { at: "recording", since: leg.startedAt };
  if (leg.state === "failed") {
    const { message = "it ended early", hint = "" } = leg.error ?? {};
    return { at: "failed", text: `Not recorded: ${sentence(message)} ${hint}`.trim() };
  }
  return leg.state === "finalising" || leg.state === "ready" ? { at: "over" } : { at: "preparing" };
}

/** Whether a call is the one that two pages agreed on. */
export function isShared(call: Call, shared: string): boolean {
  return call.legs.some(({ metadata }) => textIn(metadata, "call") === shared);
}

/** The name that a peer gave its leg. */
export function nameIn(call: Call, peerId: string): string | undefined {
  return textIn(call.legs.find((leg) => leg.peerId === peerId)?.metadata, "name");
}
