import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { textField } from "../metadata.ts";

/** State of the recording of the user's own side. */
export type OwnRecording =
  | { status: "preparing" }
  | { status: "recording"; since: string }
  | { status: "over" }
  | { status: "failed"; text: string };

/** The state of a peer's newest leg in a call; undefined while it has none. */
export function ownRecording(call: Call, peerId: string): OwnRecording | undefined {
  const leg = call.legs.findLast((one) => one.peerId === peerId);
  if (!leg) return undefined;
  if (leg.state === "recording") return { status: "recording", since: leg.startedAt };
  if (leg.state === "failed") {
    const { message = "it ended early", hint = "" } = leg.error ?? {};
    return { status: "failed", text: `Not recorded: ${sentence(message)} ${hint}`.trim() };
  }
  return leg.state === "finalising" || leg.state === "ready" ? { status: "over" } : { status: "preparing" };
}

/** Whether both pages put this value into the call's metadata. */
export function isShared(call: Call, shared: string): boolean {
  return call.legs.some(({ metadata }) => textField(metadata, "call") === shared);
}

/** The name that a peer gave its leg. */
export function nameIn(call: Call, peerId: string): string | undefined {
  return textField(call.legs.find((leg) => leg.peerId === peerId)?.metadata, "name");
}
