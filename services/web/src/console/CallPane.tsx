import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, callUrl, fileUrl, getCall } from "../api/client.ts";
import { type Call, isRunning, recordingsOf } from "../api/schemas.ts";
import { bytes, clock, day, sentence } from "../format.ts";
import { callerNames } from "../metadata.ts";
import { Badge } from "../ui/Badge.tsx";
import { Elapsed } from "../ui/Elapsed.tsx";
import { Icon } from "../ui/Icon.tsx";
import { FilmPanel } from "./FilmPanel.tsx";
import { LegPanel } from "./LegPanel.tsx";
import { Player } from "./player.ts";
import { RemoveButton } from "./RemoveButton.tsx";
import { follow } from "./route.ts";
import { StopButton } from "./StopButton.tsx";
import { Timeline } from "./Timeline.tsx";
import { firstStart, timelineTracks } from "./timelineTracks.ts";

interface Props {
  id: string;
  /** The call from the list; undefined if it is not in the list and must be fetched. */
  known: Call | undefined;
  /** Whether the user opened this call. */
  openedByUser: boolean;
}

/** One call: summary, timeline, and the recordings of each participant. */
export function CallPane({ id, known, openedByUser }: Props) {
  const [fetched, setFetched] = useState<Call>();
  const [errorText, setErrorText] = useState<string>();
  const isKnown = known !== undefined;
  const [wasKnown, setWasKnown] = useState(isKnown);

  useEffect(() => {
    if (isKnown) setWasKnown(true);
    // Only a removed call leaves the list.
    if (isKnown || wasKnown) return;
    getCall(id).then(setFetched, (error: unknown) => {
      const missing = error instanceof ApiError && error.code === "CALL_NOT_FOUND";
      const reason = error instanceof Error ? error.message : String(error);
      setErrorText(missing ? "There is no such call. It may have been removed." : sentence(reason));
    });
  }, [id, isKnown, wasKnown]);

  const isRemoved = wasKnown && !isKnown;
  const call = isRemoved ? undefined : (known ?? fetched);
  const notice = isRemoved ? "The call was removed." : errorText;
  return (
    <section class="pane" aria-label="Call">
      <a class="back" href="/" onClick={follow}>
        <Icon name="back" /> All calls
      </a>
      {call ? <CallDetails call={call} openedByUser={openedByUser} /> : notice && <p class="notice">{notice}</p>}
    </section>
  );
}

function CallDetails({ call, openedByUser }: { call: Call; openedByUser: boolean }) {
  const [player] = useState(() => new Player());
  useEffect(() => () => player.close(), [player]);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (openedByUser) title.current?.focus({ preventScroll: true });
  }, [openedByUser]);

  const running = isRunning(call.state);
  const size = call.legs.flatMap(recordingsOf).reduce((sum, { file }) => sum + file.bytes, 0);
  const tracks = timelineTracks(call.legs);
  return (
    <article data-call={call.id} data-state={call.state}>
      <header class="story">
        <div>
          <h1 ref={title} tabIndex={-1}>
            {callerNames(call.legs).join(" · ") || "A call"}
          </h1>
          <p class="facts">
            <span>{day(call.startedAt)}</span>
            <span>
              {clock(call.startedAt)}
              {call.endedAt && ` – ${clock(call.endedAt)}`}
            </span>
            <Elapsed from={call.startedAt} to={running ? null : (call.endedAt ?? call.startedAt)} />
            {size > 0 && <span>{bytes(size)}</span>}
          </p>
        </div>
        <div class="actions">
          {call.live?.endedAt === null && call.live.page && (
            <a class="button" href={call.live.page}>
              <Icon name="play" /> Watch live
            </a>
          )}
          {running ? <StopButton call={call} /> : <RemoveButton call={call} />}
          <Badge state={call.state} />
        </div>
      </header>
      <Timeline tracks={tracks} origin={firstStart(call.legs)} player={player} />
      {!running && <FilmPanel call={call} />}
      <div class="legs">
        {call.legs.map((leg, index) => (
          <LegPanel
            key={leg.id}
            callId={call.id}
            leg={leg}
            hue={index}
            from={tracks[index]?.from ?? 0}
            player={player}
            previews={call.previews}
          />
        ))}
      </div>
      <p class="small">
        <code>{call.id}</code> <a href={callUrl(call.id)}>as JSON</a>
        {call.chat && (
          <>
            {" · "}
            <a href={fileUrl(call.id, call.chat.messages)}>chat messages</a>
          </>
        )}
      </p>
    </article>
  );
}
