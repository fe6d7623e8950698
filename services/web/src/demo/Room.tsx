import { displayName } from "../metadata.ts";
import type { Camera } from "./camera.ts";
import { Dock } from "./Dock.tsx";
import { Ended } from "./Ended.tsx";
import { Invite } from "./Invite.tsx";
import { nameIn, ownRecording } from "./ownRecording.ts";
import type { Phone, PhoneState } from "./phone.ts";
import { RecordingIndicator } from "./RecordingIndicator.tsx";
import { Tile } from "./Tile.tsx";
import { useOwnCall } from "./useOwnCall.ts";

interface Props {
  phone: Phone;
  state: PhoneState;
  camera: Camera;
  errorText: string | undefined;
  /** Peer id from the invitation link that opened the page. */
  invitedBy: string | undefined;
}

/** The user's own picture, the other person or an invitation, and the controls below. */
export function Room({ phone, state, camera, errorText, invitedBy }: Props) {
  const shared = state.status === "talking" || state.status === "ended" ? state.call : undefined;
  const { call, isStale } = useOwnCall(shared);
  const recording = call && ownRecording(call, phone.id);
  const notices = [camera.note, errorText, recording?.status === "failed" ? recording.text : undefined];

  return (
    <section class="room" data-state={state.status}>
      <div class="stage">
        <Tile stream={camera.stream} caption="You" self>
          {state.status === "talking" && <RecordingIndicator recording={recording} isStale={isStale} />}
        </Tile>
        {state.status === "talking" && (
          <Tile
            stream={state.remote}
            caption={(call && nameIn(call, state.remoteId)) ?? state.remoteName ?? state.remoteId}
          />
        )}
        {state.status === "calling" && (
          <div class="panel calling" role="status">
            <span class="waves" aria-hidden="true" />
            <p>Calling…</p>
            <code>{state.remoteId}</code>
          </div>
        )}
        {state.status === "ready" && <Invite id={phone.id} invitedBy={invitedBy} onCall={(id) => phone.call(id)} />}
        {state.status === "ended" && (
          <Ended
            seconds={state.seconds}
            call={call}
            with={
              (call && nameIn(call, state.remoteId)) ?? displayName({ peerId: state.remoteId, metadata: undefined })
            }
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
        onHangUp={state.status === "talking" || state.status === "calling" ? () => phone.hangUp() : undefined}
      />
    </section>
  );
}
