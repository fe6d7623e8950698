import type { LegState } from "../api/types.ts";

/** A state in its colour and its word. */
export function Badge({ state }: { state: LegState }) {
  return <span class={`badge badge-${state}`}>{state}</span>;
}
