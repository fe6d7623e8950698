import type { LegState } from "../api/schemas.ts";

/** A state by its word, its colour and its mark. */
export function Badge({ state }: { state: LegState }) {
  return <span class={`badge badge-${state}`}>{state}</span>;
}
