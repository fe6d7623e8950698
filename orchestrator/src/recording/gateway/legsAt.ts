import { isOver } from "../../archive/calls/view.ts";
import type { Manifest } from "../../archive/library/manifest.ts";
import { gatewayOf } from "./qualifiedId.ts";

/** The number of running legs at each gateway. */
export function legsAt(running: readonly Manifest[]): ReadonlyMap<string | undefined, number> {
  const legs = new Map<string | undefined, number>();
  for (const { mediaConnectionId, state } of running.flatMap((call) => call.legs)) {
    if (mediaConnectionId === undefined || isOver(state)) continue;
    const gateway = gatewayOf(mediaConnectionId);
    legs.set(gateway, (legs.get(gateway) ?? 0) + 1);
  }
  return legs;
}
