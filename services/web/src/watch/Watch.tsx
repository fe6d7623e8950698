import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getCall } from "../api/client.ts";
import { followCallsWhileVisible } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { whoIs } from "../metadata.ts";
import { Bar } from "../ui/Bar.tsx";
import { Icon } from "../ui/Icon.tsx";
import { playStream } from "./stream.ts";
import { type Showing, showingOf } from "./watched.ts";

/** A call while it goes on, for who is not in it. */
export function Watch({ callId }: { callId: string }) {
  const { call, mistake } = useCall(callId);
  const showing = call && showingOf(call);
  const names = call?.legs.map(whoIs).join(" · ");
  return (
    <div class="page">
      <Bar page="live" />
      <main class="watch" data-showing={showing}>
        <header>
          <h1>{names || "A live call"}</h1>
          {showing === "live" && (
            <span class="on-air" role="status">
              <span class="lamp" aria-hidden="true" /> Live
            </span>
          )}
        </header>
        {showing === "live" && call?.live?.playlist && <Screen playlist={call.live.playlist} />}
        {showing && showing !== "live" && <p class="notice">{words(showing)}</p>}
        {mistake && <p class="notice">{mistake}</p>}
        {call && (
          <p class="small">
            <a href={`/calls/${call.id}`}>
              {showing === "over" ? "Play its recording" : "See the call in the console"}
            </a>
          </p>
        )}
      </main>
    </div>
  );
}

function words(showing: Exclude<Showing, "live">): string {
  if (showing === "waiting") return "The call goes on. If it is shown live, it appears here in a moment.";
  if (showing === "over") return "The call is over.";
  return "This call was not shown live.";
}

/** Browsers let nobody hear what they have not asked for: it begins without sound. */
function Screen({ playlist }: { playlist: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const [isMuted, setMuted] = useState(true);
  useEffect(() => (video.current ? playStream(video.current, playlist) : undefined), [playlist]);
  return (
    <div class="screen">
      <video
        ref={video}
        autoPlay
        controls
        muted={isMuted}
        playsInline
        onVolumeChange={({ currentTarget }) => setMuted(currentTarget.muted)}
      />
      {isMuted && (
        <button type="button" class="unmute" onClick={() => setMuted(false)}>
          <Icon name="silence" /> Turn on the sound
        </button>
      )}
    </div>
  );
}

function useCall(callId: string): { call: Call | undefined; mistake: string | undefined } {
  const [call, setCall] = useState<Call>();
  const [mistake, setMistake] = useState<string>();
  useEffect(() => {
    const fetchCall = () =>
      getCall(callId).then(setCall, (error: unknown) => {
        const isMissing = error instanceof ApiError && error.code === "CALL_NOT_FOUND";
        setMistake(
          isMissing ? "There is no such call." : sentence(error instanceof Error ? error.message : String(error)),
        );
      });
    void fetchCall();
    return followCallsWhileVisible({
      onCall: (news) => {
        if (news.id === callId) setCall(news);
      },
      onConnected: fetchCall,
    });
  }, [callId]);
  return { call, mistake: call ? undefined : mistake };
}
