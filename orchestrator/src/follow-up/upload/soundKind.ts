import { z } from "zod";
import type { JobKind, RetrySchedule } from "../jobs/jobKind.ts";
import { endedWith } from "./uploaderOutput.ts";
import { type UploadSurroundings, uploader } from "./uploadKind.ts";

export const SOUND = "upload-audio";
/** The `follow` command retries errors of the remote itself, and the whole call is uploaded when it has ended. */
const FEW_RETRIES: RetrySchedule = { attempts: 5, firstPauseMs: 5_000, lastPauseMs: 60_000 };

const Order = z.object({ stream: z.string() });
type Order = z.infer<typeof Order>;

/** Copies the audio segments of a call to the remote, file by file, while its live stream is running. */
export function soundKind({ settings, paths }: Pick<UploadSurroundings, "settings" | "paths">): JobKind<Order> {
  return {
    name: SOUND,
    order: Order,
    load: "light",
    retries: FEW_RETRIES,
    async run({ callId, order }, work) {
      const { command, ...rest } = uploader("follow", settings.remote, paths.callName(callId), settings);
      endedWith("followed", await work.container({ ...rest, command: [...command, order.stream] }));
    },
    clean: async () => undefined,
  };
}
