import { displayName } from "../metadata.ts";
import type { Missed } from "./callList.ts";

/** Calls whose names are shown. */
const NAMED = 3;

/** What changed while the page was not connected. */
export function missedText({ changed, removed }: Pick<Missed, "changed" | "removed">): string {
  const named = changed.slice(0, NAMED).map(({ legs }) => legs.map(displayName).join(" · ") || "a call");
  const more = changed.length > NAMED ? [`${changed.length - NAMED} more`] : [];
  const parts = [
    changed.length > 0 ? `changed: ${[...named, ...more].join(", ")}` : "no call has changed",
    ...(removed > 0 ? [`removed: ${removed}`] : []),
  ];
  return parts.join("; ");
}
