import { z } from "zod";
import { callState, isOver, viewOf } from "../../archive/calls/view.ts";
import type { Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import type { WebhookEvent } from "./events.ts";

const ToldLegState = z.enum(["recording", "ready", "failed"]);

/** What has been told of a call. Kept beside the messages, so that nothing is left out and nothing told twice. */
export const Told = z.object({
  started: z.boolean(),
  legs: z.record(z.string(), ToldLegState),
  ready: z.boolean(),
  /** When the film was composed of which it has been told. */
  film: z.string().optional(),
});
export type Told = z.infer<typeof Told>;

export const NOTHING_TOLD: Told = { started: false, legs: {}, ready: false };

/** What there is to tell of a call that has come this far, in order, and what has been told when that is done. */
export function dueEvents(told: Told, manifest: Manifest): { events: WebhookEvent[]; told: Told } {
  const { legs, ...call } = viewOf(manifest);
  const events: WebhookEvent[] = [];
  if (legs.length === 0) return { events, told };
  if (!told.started) events.push({ type: "call.started", data: { call: { ...call, legs } } });
  const toldLegs = { ...told.legs };
  for (const leg of legs) {
    const state = tellable(leg);
    if (!state || state === toldLegs[leg.id] || (state === "recording" && leg.id in toldLegs)) continue;
    toldLegs[leg.id] = state;
    events.push({ type: `leg.${state}`, data: { callId: call.id, leg } });
  }
  const isReady = manifest.legs.every(({ state }) => isOver(state)) && callState(manifest.legs) === "ready";
  const isNews = !told.ready || events.length > 0;
  if (isReady && isNews) events.push({ type: "call.ready", data: { call: { ...call, legs } } });
  const { film } = manifest;
  if (film && film.composedAt !== told.film) events.push({ type: "film.ready", data: { callId: call.id, film } });
  const toldFilm = film?.composedAt ?? told.film;
  return { events, told: { started: true, legs: toldLegs, ready: isReady, ...(toldFilm && { film: toldFilm }) } };
}

function tellable({ state }: Pick<ManifestLeg, "state">): z.infer<typeof ToldLegState> | undefined {
  return ToldLegState.safeParse(state).data;
}
