import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fileUrl } from "../api/client.ts";
import { isRunning, type Leg, type LegState, type Preview, type RecordingFile, recordingsOf } from "../api/schemas.ts";
import { bytes, codecName, duration, endReason, sentence } from "../format.ts";
import { displayName, otherFields } from "../metadata.ts";
import { Badge } from "../ui/Badge.tsx";
import { Elapsed } from "../ui/Elapsed.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LegNotes } from "./LegNotes.tsx";
import { LinkButton } from "./LinkButton.tsx";
import { PreviewStrip } from "./PreviewStrip.tsx";
import type { Player } from "./player.ts";

/** Shown in place of the video. */
const PLACEHOLDER_TEXTS: Readonly<Partial<Record<LegState, string>>> = {
  ringing: "Ringing",
  preparing: "Starting a recorder",
  connecting: "Waiting for media",
  finalising: "Finishing the recording",
  failed: "No recording",
};

interface Props {
  callId: string;
  leg: Leg;
  /** Index of its colour in the timeline. */
  hue: number;
  /** Its start on the call's timeline, in seconds. */
  from: number;
  player: Player;
  previews: Readonly<Record<string, Preview>> | undefined;
}

/** One participant of a call: the recordings, or the current state, or the error. */
export function LegPanel({ callId, leg, hue, from, player, previews }: Props) {
  const name = displayName(leg);
  const recordings = recordingsOf(leg);
  const showsPlaceholder = isRunning(leg.state) || recordings.length === 0;
  return (
    <section class="leg" data-leg={leg.id} data-state={leg.state} data-hue={hue % 6} aria-label={name}>
      {recordings.map(({ file, startedAt }) => (
        <Screen
          key={file.name}
          callId={callId}
          leg={leg}
          file={file}
          from={from + (Date.parse(startedAt) - Date.parse(leg.startedAt)) / 1000}
          player={player}
          preview={previews?.[file.name]}
        />
      ))}
      {showsPlaceholder && <Placeholder leg={leg} />}
      <header>
        <h2>{name}</h2>
        {showsPlaceholder && <Badge state={leg.state} />}
      </header>
      {leg.error && (
        <p class="failure" role="note">
          <code>{leg.error.code}</code>
          <span>{sentence(leg.error.message)}</span>
          {leg.error.hint && <span class="hint">{leg.error.hint}</span>}
        </p>
      )}
      <LegNotes notes={leg.notes} />
      <Details leg={leg} />
    </section>
  );
}

interface ScreenProps {
  callId: string;
  leg: Leg;
  file: RecordingFile;
  from: number;
  player: Player;
  preview: Preview | undefined;
}

function Screen({ callId, leg, file, from, player, preview }: ScreenProps) {
  const url = fileUrl(callId, file.name);
  const media = useRef<HTMLVideoElement>(null);
  const [muted, setMuted] = useState(false);
  useEffect(() => {
    if (media.current) return player.add(file.name, media.current, from);
    return undefined;
  }, [player, file.name, from]);
  const seen = file.streams.some(({ kind }) => kind === "video");

  const poster = preview?.poster && fileUrl(callId, preview.poster);

  return (
    <>
      <div class={seen ? "screen" : "screen screen-audio"}>
        <video
          ref={media}
          src={url}
          poster={poster}
          preload="metadata"
          playsInline
          muted={muted}
          onClick={() => player.toggle()}
        />
        {!seen && <span class="only-audio">Audio only</span>}
        <span class="screen-controls">
          <button
            type="button"
            aria-pressed={muted}
            aria-label={`Mute ${displayName(leg)}`}
            onClick={() => setMuted(!muted)}
          >
            <Icon name={muted ? "silence" : "sound"} />
          </button>
          {seen && (
            <button
              type="button"
              aria-label={`Show ${displayName(leg)} in full screen`}
              onClick={() => void media.current?.requestFullscreen?.()}
            >
              <Icon name="expand" />
            </button>
          )}
          <LinkButton callId={callId} fileName={file.name} of={displayName(leg)} />
          <a class="button" href={`${url}?download`} download={file.name} aria-label={`Download ${displayName(leg)}`}>
            <Icon name="download" /> {bytes(file.bytes)}
          </a>
        </span>
      </div>
      {preview && (
        <PreviewStrip callId={callId} preview={preview} of={displayName(leg)} onSeek={(at) => player.seek(from + at)} />
      )}
    </>
  );
}

function Placeholder({ leg }: { leg: Leg }) {
  const recording = leg.state === "recording";
  return (
    <div class={`screen blank blank-${leg.state}`}>
      {recording && <span class="lamp" aria-hidden="true" />}
      {leg.state === "failed" && <Icon name="warning" />}
      <p>{recording ? <Elapsed from={leg.startedAt} to={null} /> : PLACEHOLDER_TEXTS[leg.state]}</p>
    </div>
  );
}

function Details({ leg }: { leg: Leg }) {
  const fields = [
    ...recordingsOf(leg).flatMap(({ file }, index) => factsOf(file, index)),
    ...(leg.reason ? [["Ended", endReason(leg.reason)] as const] : []),
  ];
  return (
    <dl>
      <dt>Peer</dt>
      <dd>
        <code>{leg.peerId}</code>
      </dd>
      {[...fields, ...otherFields(leg.metadata)].map(([term, text]) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd>{text}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function factsOf(file: RecordingFile, index: number): (readonly [string, string])[] {
  const streams = file.streams.map(({ codec, width, height }) =>
    width && height ? `${codecName(codec)} ${width} × ${height}` : codecName(codec),
  );
  const number = index === 0 ? "" : ` ${index + 1}`;
  return [
    [`Length${number}`, duration(file.durationSeconds)],
    [`Media${number}`, streams.join(", ")],
  ];
}
