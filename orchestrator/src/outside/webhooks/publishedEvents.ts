import { z } from "zod";
import { callState, isOver, viewOf } from "../../archive/calls/view.ts";
import type { Manifest, ManifestLeg } from "../../archive/library/manifest.ts";
import type { WebhookEvent } from "./events.ts";

const PublishedLegState = z.enum(["recording", "ready", "failed"]);

/** The events of a call that were already published. Stored with the messages so that no event is lost or repeated. */
export const PublishedEvents = z.object({
  started: z.boolean(),
  legs: z.record(z.string(), PublishedLegState),
  ready: z.boolean(),
  /** `composedAt` of the film that the last `film.ready` reported. */
  film: z.string().optional(),
});
export type PublishedEvents = z.infer<typeof PublishedEvents>;

export const NOTHING_PUBLISHED: PublishedEvents = { started: false, legs: {}, ready: false };

/** The events that a call's manifest makes due, in order, and the published events including these. */
export function dueEvents(
  published: PublishedEvents,
  manifest: Manifest,
): { events: WebhookEvent[]; published: PublishedEvents } {
  const { legs, ...call } = viewOf(manifest);
  const events: WebhookEvent[] = [];
  if (legs.length === 0) return { events, published };
  if (!published.started) events.push({ type: "call.started", data: { call: { ...call, legs } } });
  const publishedLegs = { ...published.legs };
  for (const leg of legs) {
    const state = publishable(leg);
    if (!state || state === publishedLegs[leg.id] || (state === "recording" && leg.id in publishedLegs)) continue;
    publishedLegs[leg.id] = state;
    events.push({ type: `leg.${state}`, data: { callId: call.id, leg } });
  }
  const isReady = manifest.legs.every(({ state }) => isOver(state)) && callState(manifest.legs) === "ready";
  const isNews = !published.ready || events.length > 0;
  if (isReady && isNews) events.push({ type: "call.ready", data: { call: { ...call, legs } } });
  const { film } = manifest;
  if (film && film.composedAt !== published.film) events.push({ type: "film.ready", data: { callId: call.id, film } });
  const publishedFilm = film?.composedAt ?? published.film;
  return {
    events,
    published: { started: true, legs: publishedLegs, ready: isReady, ...(publishedFilm && { film: publishedFilm }) },
  };
}

function publishable({ state }: Pick<ManifestLeg, "state">): z.infer<typeof PublishedLegState> | undefined {
  return PublishedLegState.safeParse(state).data;
}
