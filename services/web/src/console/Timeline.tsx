import { useEffect, useReducer } from "preact/hooks";
import { serverNow } from "../api/serverClock.ts";
import { duration } from "../format.ts";
import { useNow } from "../ui/Elapsed.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Player } from "./player.ts";
import { type TimelineTrack, ticks, timelineLength } from "./timelineTracks.ts";

const RATES = [1, 1.5, 2];

interface Props {
  tracks: TimelineTrack[];
  /** Unix milliseconds of the timeline's start. */
  origin: number;
  player: Player;
}

/** The call's timeline with one track per leg: who was recorded when, and the playback position. */
export function Timeline({ tracks, origin, player }: Props) {
  const running = tracks.some(({ to }) => to === undefined);
  useNow(running);
  const span = timelineLength(tracks, (serverNow() - origin) / 1000);
  const percent = (seconds: number) => `${span > 0 ? (Math.min(seconds, span) / span) * 100 : 0}%`;
  const playable = tracks.some(({ recorded }) => recorded);

  return (
    <section class="timeline" aria-label="Timeline">
      {playable && <Transport player={player} span={span} />}
      <div class="tracks">
        {tracks.map((track, index) => (
          <div class="track" key={track.legId} data-hue={index % 6}>
            <span class="track-name" title={track.name}>
              {track.name}
            </span>
            <span class="track-bar">
              <span
                class={`clip clip-${track.state}`}
                style={{ left: percent(track.from), width: percent((track.to ?? span) - track.from) }}
              />
            </span>
          </div>
        ))}
        <div class="track-scale" aria-hidden="true">
          <span class="track-bar">
            {ticks(span).map((at) => (
              <span key={at} class="tick" style={{ left: percent(at) }}>
                {duration(at)}
              </span>
            ))}
          </span>
        </div>
        {playable && <Scrubber player={player} span={span} />}
      </div>
    </section>
  );
}

function Transport({ player, span }: { player: Player; span: number }) {
  useTicks(player);
  return (
    <div class="transport">
      <button
        class="round primary"
        type="button"
        aria-label={player.playing ? "Pause" : "Play"}
        onClick={() => player.toggle()}
      >
        <Icon name={player.playing ? "pause" : "play"} />
      </button>
      <span class="position">
        <strong>{duration(player.at)}</strong> / {duration(span)}
      </span>
      <span class="rates">
        {RATES.map((rate) => (
          <button key={rate} type="button" aria-pressed={player.rate === rate} onClick={() => player.setRate(rate)}>
            {rate}×
          </button>
        ))}
      </span>
    </div>
  );
}

function Scrubber({ player, span }: { player: Player; span: number }) {
  useTicks(player);
  return (
    <span class="scrubber">
      <span class="playhead" style={{ left: `${span > 0 ? Math.min(1, player.at / span) * 100 : 0}%` }} />
      <input
        type="range"
        min="0"
        max={span}
        step="any"
        value={player.at}
        aria-label="Position in the call"
        aria-valuetext={`${duration(player.at)} of ${duration(span)}`}
        onInput={(event) => player.seek(event.currentTarget.valueAsNumber)}
      />
    </span>
  );
}

/** Renders again whenever the player's position changes. */
function useTicks(player: Player): void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => player.subscribe(() => render(undefined)), [player]);
}
