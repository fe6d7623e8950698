import { Elapsed } from "../ui/Elapsed.tsx";
import type { OwnRecording } from "./ownRecording.ts";

/** Says whether one is being recorded; it must be plain to see. */
export function RecordingMark({ recording }: { recording: OwnRecording | undefined }) {
  if (recording?.at === "recording") {
    return (
      <span class="recording" role="status">
        <span class="lamp" /> Recording <Elapsed from={recording.since} to={null} />
      </span>
    );
  }
  return (
    <span class="recording recording-not" role="status">
      {recording?.at === "failed"
        ? "Not recorded"
        : recording?.at === "over"
          ? "Recording ended"
          : "Starting to record…"}
    </span>
  );
}
