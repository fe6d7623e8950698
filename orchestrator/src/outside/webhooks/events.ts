import { z } from "zod";
import { CallView, LegView } from "../../archive/calls/view.ts";
import { Film } from "../../archive/library/manifest.ts";
import { Failure } from "../../follow-up/jobs/job.ts";

const ofCall = z.object({ call: CallView });
const ofLeg = z.object({ callId: z.string(), leg: LegView });

/**
 * All event types, each with the schema of its `data`. To add an event, add it here and publish it: configuration, API
 * and metrics use this list.
 */
export const WEBHOOK_EVENTS = {
  /** A call's first leg rings. */
  "call.started": ofCall,
  /** The recorder receives media of a leg. */
  "leg.recording": ofLeg,
  /** A leg's recording is verified and stored in the call's folder. */
  "leg.ready": ofLeg,
  "leg.failed": ofLeg,
  /** All legs have ended, and at least one has a recording. Published again if a caller returned. */
  "call.ready": ofCall,
  /** The call's film is verified and stored. Published again when the film is composed again with a returned caller. */
  "film.ready": z.object({ callId: z.string(), film: Film }),
  /** The remote has the same files of a call as this volume. Published again when more files were uploaded. */
  "upload.done": z.object({ callId: z.string(), remote: z.string(), files: z.int(), bytes: z.int() }),
  /** An upload failed permanently. */
  "upload.failed": z.object({ callId: z.string(), error: Failure }),
} as const satisfies Record<string, z.ZodObject>;

export type WebhookEvents = typeof WEBHOOK_EVENTS;
export type WebhookEventType = keyof WebhookEvents;

/** Something that happened, before it has an id. */
export type WebhookEvent = {
  [Type in WebhookEventType]: { type: Type; data: z.infer<WebhookEvents[Type]> };
}[WebhookEventType];

export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];
