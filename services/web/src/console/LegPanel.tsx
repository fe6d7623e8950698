import { fileUrl } from "../api/client.ts";
import type { Call, Leg, RecordingFile } from "../api/types.ts";
import { bytes, duration, ending, nameOf } from "../format.ts";
import { Badge } from "./Badge.tsx";

/** One participant of a call: the recording once it is there, or what went wrong. */
export function LegPanel({ call, leg }: { call: Call; leg: Leg }) {
  const name = nameOf(leg.metadata);
  return (
    <section class="leg" data-leg={leg.id}>
      {leg.file ? <Player call={call} leg={leg} file={leg.file} /> : <Placeholder leg={leg} />}
      <div class="leg-facts">
        <div class="leg-name">
          <strong>{name ?? leg.peerId}</strong>
          {name && <span class="quiet">{leg.peerId}</span>}
          {!leg.file && <Badge state={leg.state} />}
        </div>
        {leg.error && (
          <p class="mistake">
            <code>{leg.error.code}</code> {leg.error.message}
            {leg.error.hint && <span class="hint">{leg.error.hint}</span>}
          </p>
        )}
        {leg.file && (
          <p class="quiet">
            {facts(leg.file)}
            {leg.reason && `, ${ending(leg.reason)}`}
            <a class="download" href={`${fileUrl(call, leg)}?download`} download={leg.file.name}>
              Download
            </a>
          </p>
        )}
      </div>
    </section>
  );
}

function Player({ call, leg, file }: { call: Call; leg: Leg; file: RecordingFile }) {
  const url = fileUrl(call, leg);
  if (!file.streams.some(({ kind }) => kind === "video")) {
    // biome-ignore lint/a11y/useMediaCaption: a recording has no captions
    return <audio class="screen" controls preload="metadata" src={url} />;
  }
  // biome-ignore lint/a11y/useMediaCaption: a recording has no captions
  return <video class="screen" controls playsInline preload="metadata" src={url} />;
}

function Placeholder({ leg }: { leg: Leg }) {
  return (
    <div class={`screen empty empty-${leg.state}`} aria-hidden="true">
      {leg.state === "recording" && <span class="lamp" />}
    </div>
  );
}

function facts(file: RecordingFile): string {
  const video = file.streams.find(({ kind }) => kind === "video");
  const codecs = file.streams.map(({ codec }) => codec.toUpperCase()).join(" + ");
  const size = video?.width && video.height ? `${video.width}×${video.height}, ` : "";
  return `${duration(file.durationSeconds)}, ${size}${codecs}, ${bytes(file.bytes)}`;
}
