import type { AudioId, MediaConnectionId, VideoId } from "../ids.ts";

/** Events of the API. READY comes first, then one STREAM for each received kind. */
export type MediaEvent =
  | { event: "READY" | "CLOSE" }
  | {
      event: "STREAM";
      stream_options: { is_video: boolean; media_connection_id: MediaConnectionId; stream_id: VideoId | AudioId };
    }
  | { event: "ERROR"; error_message: string };
