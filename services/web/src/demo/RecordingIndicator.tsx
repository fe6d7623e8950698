import { Elapsed } from "../ui/Elapsed.tsx";
import type { OwnRecording } from "./ownRecording.ts";

/** Shows whether the user is being recorded; it must be easy to see. */
export function RecordingIndicator({ recording }: { recording: OwnRecording | undefined }) {
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
