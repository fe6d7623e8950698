import { useEffect, useReducer } from "preact/hooks";
import { serverNow } from "../api/serverClock.ts";
import { duration } from "../format.ts";
import { useNow } from "../ui/Elapsed.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Lane, spanOf, ticks } from "./lanes.ts";
import type { Player } from "./player.ts";

const RATES = [1, 1.5, 2];

interface Props {
  lanes: Lane[];
  /** Unix milliseconds of the tape's zero. */
  origin: number;
  player: Player;
}

/** The call as a tape with one lane for each leg: who was recorded when, and the place that is playing. */
export function Tape({ lanes, origin, player }: Props) {
  const running = lanes.some(({ to }) => to === undefined);
  useNow(running);
  const span = spanOf(lanes, (serverNow() - origin) / 1000);
  const percent = (seconds: number) => `${span > 0 ? (Math.min(seconds, span) / span) * 100 : 0}%`;
  const playable = lanes.some(({ recorded }) => recorded);

  return (
    <section class="tape" aria-label="Timeline">
      {playable && <Transport player={player} span={span} />}
      <div class="lanes">
        {lanes.map((lane, index) => (
          <div class="lane" key={lane.legId} data-hue={index % 6}>
            <span class="lane-name" title={lane.name}>
              {lane.name}
            </span>
            <span class="lane-track">
              <span
                class={`take take-${lane.state}`}
                style={{ left: percent(lane.from), width: percent((lane.to ?? span) - lane.from) }}
              />
            </span>
          </div>
        ))}
        <div class="lane-scale" aria-hidden="true">
          <span class="lane-track">
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
      <span class="needle" style={{ left: `${span > 0 ? Math.min(1, player.at / span) * 100 : 0}%` }} />
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

/** Renders again whenever the player has moved. */
function useTicks(player: Player): void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => player.subscribe(() => render(undefined)), [player]);
}
