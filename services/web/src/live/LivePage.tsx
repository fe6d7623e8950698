import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getCall } from "../api/client.ts";
import type { Connection } from "../api/eventConnection.ts";
import { followCallsWhileVisible } from "../api/liveCalls.ts";
import type { Call } from "../api/schemas.ts";
import { sentence } from "../format.ts";
import { callerNames } from "../metadata.ts";
import { Bar } from "../ui/Bar.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type LiveStatus, liveStatusOf } from "./liveStatus.ts";
import { playStream } from "./stream.ts";

/** Plays the live stream of a running call. */
export function LivePage({ callId }: { callId: string }) {
  const { call, errorText, isStale } = useCall(callId);
  const status = call && liveStatusOf(call);
  const names = call && callerNames(call.legs).join(" · ");
  return (
    <div class="page">
      <Bar page="live" />
      <main class="watch" data-status={status}>
        <header>
          <h1>{names || "A live call"}</h1>
          {isStale ? (
            <span class="on-air-unknown" role="status">
              reconnecting…
            </span>
          ) : (
            status === "live" && (
              <span class="on-air" role="status">
                <span class="lamp" aria-hidden="true" /> Live
              </span>
            )
          )}
        </header>
        {status === "live" && call?.live?.playlist && <Screen playlist={call.live.playlist} />}
        {status && status !== "live" && <p class="notice">{statusText(status)}</p>}
        {errorText && <p class="notice">{errorText}</p>}
        {call && (
          <p class="small">
            <a href={`/calls/${call.id}`}>
              {status === "over" ? "Play the recording" : "Open the call in the console"}
            </a>
          </p>
        )}
      </main>
    </div>
  );
}

function statusText(status: Exclude<LiveStatus, "live">): string {
  if (status === "waiting") return "The call is running. If it is streamed live, the picture appears here shortly.";
  if (status === "over") return "The call is over.";
  return "This call was not streamed live.";
}

/** Starts muted: browsers block autoplay with sound. */
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

function useCall(callId: string): { call: Call | undefined; errorText: string | undefined; isStale: boolean } {
  const [call, setCall] = useState<Call>();
  const [connection, setConnection] = useState<Connection>({ status: "connecting" });
  const [errorText, setErrorText] = useState<string>();
  useEffect(() => {
    const fetchCall = async () => {
      try {
        setCall(await getCall(callId));
        setErrorText(undefined);
      } catch (error) {
        const isMissing = error instanceof ApiError && error.code === "CALL_NOT_FOUND";
        if (isMissing) setCall(undefined);
        setErrorText(
          isMissing ? "There is no such call." : sentence(error instanceof Error ? error.message : String(error)),
        );
        if (!isMissing) throw error;
      }
    };
    fetchCall().catch(() => undefined);
    return followCallsWhileVisible({
      onCall: (changed) => {
        if (changed.id === callId) setCall(changed);
      },
      onRemoved: (id) => {
        if (id === callId) void fetchCall().catch(() => undefined);
      },
      catchUp: fetchCall,
      onConnection: setConnection,
    });
  }, [callId]);
  return { call, errorText: call ? undefined : errorText, isStale: connection.status === "lost" };
}
