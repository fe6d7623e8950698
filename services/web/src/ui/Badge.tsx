import type { LegState } from "../api/schemas.ts";

/** A leg's or call's state as text, with a colour and a symbol. */
export function Badge({ state }: { state: LegState }) {
  return <span class={`badge badge-${state}`}>{state}</span>;
}
