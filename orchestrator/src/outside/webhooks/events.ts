import { z } from "zod";
import { CallView, LegView } from "../../archive/calls/view.ts";
import { Film } from "../../archive/library/manifest.ts";
import { Failure } from "../../follow-up/jobs/job.ts";

const ofCall = z.object({ call: CallView });
const ofLeg = z.object({ callId: z.string(), leg: LegView });

/**
 * What receivers are told, each with the form of its `data`. Whoever has something new to tell adds a line here and
 * publishes it; configuration, API and metrics know of it then.
 */
export const WEBHOOK_EVENTS = {
  /** A call's first leg rings. */
  "call.started": ofCall,
  /** Media of a leg flows. */
  "leg.recording": ofLeg,
  /** A leg's recording is verified and in its place. */
  "leg.ready": ofLeg,
  "leg.failed": ofLeg,
  /** No leg goes on any more, and there is a recording of at least one. Comes again when a caller came back. */
  "call.ready": ofCall,
  /** Its film is verified and in its place. Comes again when it was made anew, with those who came back. */
  "film.ready": z.object({ callId: z.string(), film: Film }),
  /** A call lies on a remote, just as it does here. Comes again when more of it was uploaded. */
  "upload.done": z.object({ callId: z.string(), remote: z.string(), files: z.int(), bytes: z.int() }),
  /** It is not tried any more. */
  "upload.failed": z.object({ callId: z.string(), error: Failure }),
} as const satisfies Record<string, z.ZodObject>;

export type WebhookEvents = typeof WEBHOOK_EVENTS;
export type WebhookEventType = keyof WebhookEvents;

/** Something that happened, before it has an id. */
export type WebhookEvent = {
  [Type in WebhookEventType]: { type: Type; data: z.infer<WebhookEvents[Type]> };
}[WebhookEventType];

export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as [WebhookEventType, ...WebhookEventType[]];
