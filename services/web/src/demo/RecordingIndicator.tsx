import { Elapsed } from "../ui/Elapsed.tsx";
import type { OwnRecording } from "./ownRecording.ts";

interface Props {
  recording: OwnRecording | undefined;
  /** Whether the connection to the server is lost, so that `recording` may be out of date. */
  isStale: boolean;
}

/** Shows whether the user is being recorded; it must be easy to see. */
export function RecordingIndicator({ recording, isStale }: Props) {
  if (isStale) {
    return (
      <span class="recording recording-not" role="status">
        Recording not confirmed: reconnecting…
      </span>
    );
  }
  if (recording?.status === "recording") {
    return (
      <span class="recording" role="status">
        <span class="lamp" /> Recording <Elapsed from={recording.since} to={null} />
      </span>
    );
  }
  return (
    <span class="recording recording-not" role="status">
      {recording?.status === "failed"
        ? "Not recorded"
        : recording?.status === "over"
          ? "Recording ended"
          : "Starting the recording…"}
    </span>
  );
}
