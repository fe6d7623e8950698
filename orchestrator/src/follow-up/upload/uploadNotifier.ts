import type { z } from "zod";
import type { CallId } from "../../ids.ts";
import type { Failure } from "../jobs/job.ts";

/** The result of an upload. */
export type UploadEvent =
  | { type: "upload.done"; data: { callId: string; remote: string; files: number; bytes: number } }
  | { type: "upload.failed"; data: { callId: string; error: z.infer<typeof Failure> } };

/** Reports the results of uploads to programs outside, which the webhooks do. */
export interface UploadNotifier {
  /** Resolves when the event is written to the volume. */
  publish(callId: CallId, event: UploadEvent): Promise<void>;
  /** The messages of a call that were published, newest first. */
  messages(of: { callId: CallId }): AsyncIterable<{ type: string; timestamp: string }>;
}
