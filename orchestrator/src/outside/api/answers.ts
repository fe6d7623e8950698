import { z } from "zod";
import { CallView } from "../../archive/calls/view.ts";
import { JobView } from "../../follow-up/jobs/jobView.ts";
import { UploadView } from "../../follow-up/upload/uploadView.ts";
import { Message } from "../webhooks/record.ts";
import { WebhookView } from "../webhooks/webhookView.ts";

/** Response bodies of the API that have no schema of their own elsewhere. */
export const ErrorAnswer = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: "Error", description: "docs/operations.md lists the codes and what to do about each." });

export const CallList = z.object({ calls: z.array(CallView), nextCursor: z.string().nullable() });

export const OneCall = CallView.extend({ upload: UploadView.optional() });

export const Removed = z.object({
  removed: z.array(z.string()),
  jobs: z.array(JobView),
  left: z.array(z.string()),
});

export const Dialling = z.object({ legId: z.string(), call: CallView });

export const Stopping = z.object({ stopping: z.int() });

export const FileLinkAnswer = z.object({ url: z.string(), expiresAt: z.iso.datetime() });

export const Session = z.object({ required: z.boolean(), admitted: z.boolean() });

export const ClientConfiguration = z.object({ key: z.string(), recorderPeerId: z.string() });

const HealthStatus = z.enum(["ok", "failing"]);
export const HealthAnswer = z.object({
  status: HealthStatus,
  /** Only in authorised requests. */
  parts: z.record(z.string(), z.object({ status: HealthStatus, reason: z.string().optional() })).optional(),
});

export const WebhookList = z.object({ webhooks: z.array(WebhookView) });

export const JobList = z.object({ jobs: z.array(JobView) });

export const MessageList = z.object({ messages: z.array(Message), nextCursor: z.string().nullable() });
