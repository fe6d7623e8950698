import { useEffect, useRef, useState } from "preact/hooks";
import { followCalls } from "../api/liveCalls.ts";
import { explain } from "./mistakes.ts";
import { Phone, type PhoneState } from "./phone.ts";

const CAMERA: MediaStreamConstraints = { audio: true, video: { width: 640, height: 480, frameRate: 30 } };

/** Two people open this page, call each other, and what each of them sends is recorded. */
export function Demo() {
  const [phone, setPhone] = useState<Phone>();
  const [stream, setStream] = useState<MediaStream>();
  const [state, setState] = useState<PhoneState>();
  const [mistake, setMistake] = useState<string>();
  const [recording, setRecording] = useState(false);

  const id = state?.id;
  useEffect(() => {
    if (!id) return;
    return followCalls(
      ({ legs }) => {
        const own = legs.filter(({ peerId }) => peerId === id);
        setRecording(own.some((leg) => leg.state === "recording"));
        const error = own.at(-1)?.error;
        if (error) setMistake(`Not recorded: ${error.message}. ${error.hint ?? ""}`);
      },
      () => undefined,
    );
  }, [id]);

  async function join(name: string) {
    setMistake(undefined);
    try {
      if (!navigator.mediaDevices) {
        throw new Error("Browsers give camera and microphone only to pages from localhost or over HTTPS.");
      }
      const camera = await navigator.mediaDevices.getUserMedia(CAMERA);
      setStream(camera);
      setPhone(await Phone.open(name, camera, { onState: setState, onMistake: setMistake }));
    } catch (error) {
      setMistake(explain(error));
    }
  }

  function call(remoteId: string) {
    setMistake(undefined);
    phone?.call(remoteId);
  }

  return (
    <>
      <header class="bar">
        <a class="brand" href="/">
          <img src="/icon.svg" alt="" width="28" height="28" />
          Call recorder
        </a>
        <a class="button" href="/">
          Recordings
        </a>
      </header>
      <main>
        {stream && state ? (
          <>
            <div class="stage">
              <Tile stream={stream} caption="You" muted recording={recording} />
              {state.at === "talking" ? (
                <Tile stream={state.remote} caption={state.remoteName} />
              ) : (
                <div class="tile">
                  <p class="waiting">{state.at === "calling" ? "Calling…" : "Nobody else is here yet."}</p>
                </div>
              )}
            </div>
            <Controls stream={stream} talking={state.at === "talking"} onHangUp={() => phone?.hangUp()} />
            {mistake && (
              <p class="mistake" role="alert">
                {mistake}
              </p>
            )}
            {state.at === "ended" && (
              <p role="status">
                The call is over. <a href="/">See its recordings</a>.
              </p>
            )}
            {(state.at === "ready" || state.at === "ended") && <Invite id={state.id} onCall={call} />}
          </>
        ) : (
          <Join onJoin={join} mistake={mistake} />
        )}
      </main>
    </>
  );
}

function Join({ onJoin, mistake }: { onJoin(name: string): Promise<void>; mistake: string | undefined }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <section class="join">
      <h1>Demo call</h1>
      <p class="quiet">Two windows, one call. What each side sends is recorded on the server.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          void onJoin(name.trim() || "Somebody").finally(() => setBusy(false));
        }}
      >
        <label>
          Your name
          <input value={name} maxLength={60} autoComplete="name" onInput={(e) => setName(e.currentTarget.value)} />
        </label>
        <button class="primary" type="submit" disabled={busy}>
          {busy ? "Opening camera…" : "Join with camera and microphone"}
        </button>
      </form>
      {mistake && (
        <p class="mistake" role="alert">
          {mistake}
        </p>
      )}
    </section>
  );
}

interface TileProps {
  stream: MediaStream;
  caption: string;
  muted?: boolean;
  recording?: boolean;
}

function Tile({ stream, caption, muted = false, recording = false }: TileProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return (
    <figure class="tile">
      <video ref={video} autoPlay playsInline muted={muted} />
      {recording && (
        <span class="recording" role="status">
          <span class="lamp" /> Recording
        </span>
      )}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

interface ControlsProps {
  stream: MediaStream;
  talking: boolean;
  onHangUp(): void;
}

function Controls({ stream, talking, onHangUp }: ControlsProps) {
  return (
    <div class="controls">
      <Toggle tracks={stream.getAudioTracks()} on="Mute" off="Unmute" />
      <Toggle tracks={stream.getVideoTracks()} on="Camera off" off="Camera on" />
      {talking && (
        <button class="hang-up" type="button" onClick={onHangUp}>
          Hang up
        </button>
      )}
    </div>
  );
}

function Toggle({ tracks, on, off }: { tracks: MediaStreamTrack[]; on: string; off: string }) {
  const [enabled, setEnabled] = useState(true);
  function toggle() {
    for (const track of tracks) track.enabled = !enabled;
    setEnabled(!enabled);
  }
  return (
    <button type="button" aria-pressed={!enabled} onClick={toggle}>
      {enabled ? on : off}
    </button>
  );
}

function Invite({ id, onCall }: { id: string; onCall(remoteId: string): void }) {
  const [remoteId, setRemoteId] = useState(new URLSearchParams(location.search).get("call") ?? "");
  const [copied, setCopied] = useState(false);
  const link = `${location.origin}/demo?call=${encodeURIComponent(id)}`;
  return (
    <section class="invite">
      <p>
        Open <a href={link}>this link</a> in another window, or send it to somebody.{" "}
        <button type="button" onClick={() => void navigator.clipboard.writeText(link).then(() => setCopied(true))}>
          {copied ? "Copied" : "Copy link"}
        </button>
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (remoteId.trim()) onCall(remoteId.trim());
        }}
      >
        <label>
          <span class="hidden">Id of the other party</span>
          <input
            value={remoteId}
            placeholder="Id of the other party"
            onInput={(e) => setRemoteId(e.currentTarget.value)}
          />
        </label>
        <button class="primary" type="submit" disabled={remoteId.trim() === ""}>
          Call
        </button>
      </form>
      <p class="quiet">
        Your id is <code data-peer-id>{id}</code>.
      </p>
    </section>
  );
}
