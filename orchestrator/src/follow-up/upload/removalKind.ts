import { z } from "zod";
import type { JobKind } from "../jobs/jobKind.ts";
import { endedWith } from "./uploaderOutput.ts";
import { RETRIES, type UploadSurroundings, uploader } from "./uploadKind.ts";

const Order = z.object({ remote: z.string() });
type Order = z.infer<typeof Order>;

/** Removes the uploaded files of a call from a remote after the call was removed here. */
export function removalKind({ settings, paths, slots }: Omit<UploadSurroundings, "records">): JobKind<Order> {
  return {
    name: "upload-removal",
    order: Order,
    load: "light",
    retries: RETRIES,
    run: ({ callId, order }, work) =>
      slots.use(async () => {
        work.signal.throwIfAborted();
        const result = await work.container(uploader("remove", order.remote, paths.callName(callId), settings));
        endedWith("removed", result);
      }),
    clean: async () => undefined,
  };
}
