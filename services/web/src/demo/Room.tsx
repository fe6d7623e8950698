import { whoIs } from "../metadata.ts";
import type { Camera } from "./camera.ts";
import { Dock } from "./Dock.tsx";
import { Ended } from "./Ended.tsx";
import { Invite } from "./Invite.tsx";
import { nameIn, ownRecording } from "./ownRecording.ts";
import type { Phone, PhoneState } from "./phone.ts";
import { RecordingMark } from "./RecordingMark.tsx";
import { Tile } from "./Tile.tsx";
import { useOwnCall } from "./useOwnCall.ts";

interface Props {
  phone: Phone;
  state: PhoneState;
  camera: Camera;
  mistake: string | undefined;
  /** Whose link opened the page. */
  invitedBy: string | undefined;
}

/** Oneself, the other side or how to reach it, and the controls below. */
export function Room({ phone, state, camera, mistake, invitedBy }: Props) {
  const shared = state.at === "talking" || state.at === "ended" ? state.call : undefined;
  const call = useOwnCall(shared);
  const recording = call && ownRecording(call, phone.id);
  const notices = [camera.note, mistake, recording?.at === "failed" ? recording.text : undefined];

  return (
    <section class="room" data-state={state.at}>
      <div class="stage">
        <Tile stream={camera.stream} caption="You" self>
          {state.at === "talking" && <RecordingMark recording={recording} />}
        </Tile>
        {state.at === "talking" && (
          <Tile
            stream={state.remote}
            caption={(call && nameIn(call, state.remoteId)) ?? state.remoteName ?? state.remoteId}
          />
        )}
        {state.at === "calling" && (
          <div class="seat calling" role="status">
            <span class="waves" aria-hidden="true" />
            <p>Calling…</p>
            <code>{state.remoteId}</code>
          </div>
        )}
        {state.at === "ready" && <Invite id={phone.id} invitedBy={invitedBy} onCall={(id) => phone.call(id)} />}
        {state.at === "ended" && (
          <Ended
            seconds={state.seconds}
            call={call}
            with={(call && nameIn(call, state.remoteId)) ?? whoIs({ peerId: state.remoteId, metadata: undefined })}
            onCallAgain={() => phone.call(state.remoteId)}
          />
        )}
      </div>
      {notices
        .filter((notice) => notice !== undefined)
        .map((notice) => (
          <p key={notice} class="notice" role="alert">
            {notice}
          </p>
        ))}
      <Dock
        stream={camera.stream}
        onHangUp={state.at === "talking" || state.at === "calling" ? () => phone.hangUp() : undefined}
      />
    </section>
  );
}
