import { useEffect, useRef, useState } from "preact/hooks";
import { cancelJob, fileUrl, listJobs, retryJob } from "../api/client.ts";
import { followJobs } from "../api/liveCalls.ts";
import type { Call, Job, Preview, RecordingFile } from "../api/schemas.ts";
import { bytes, duration, sentence } from "../format.ts";
import { Icon } from "../ui/Icon.tsx";
import { LinkButton } from "./LinkButton.tsx";
import { PreviewStrip } from "./PreviewStrip.tsx";

/** The film of a call: its progress, its error, or the film itself. Renders nothing if there is no film and no job. */
export function FilmPanel({ call }: { call: Call }) {
  const job = useFilmJob(call.id);
  const isAtWork = job?.state === "queued" || job?.state === "running";
  if (!call.film && (!job || job.state === "done")) return null;
  return (
    <section class="film" aria-label="Film" data-state={isAtWork ? job.state : call.film ? "ready" : job?.state}>
      {call.film && <Screen call={call} file={call.film.file} preview={call.previews?.[call.film.file.name]} />}
      {job && job.state !== "done" && <Progress job={job} />}
    </section>
  );
}

function useFilmJob(callId: string): Job | undefined {
  const [job, setJob] = useState<Job>();
  useEffect(() => {
    let isUnmounted = false;
    const learn = (news: Job | undefined) => {
      if (!isUnmounted && news && news.callId === callId && news.kind === "film") setJob(news);
    };
    // If the list cannot be fetched, the next update of the job arrives as an event.
    const fetchJob = () =>
      void listJobs(callId).then(
        (jobs) => learn(jobs.find(({ kind }) => kind === "film")),
        () => undefined,
      );
    const end = followJobs(learn, fetchJob);
    fetchJob();
    return () => {
      isUnmounted = true;
      end();
    };
  }, [callId]);
  return job?.callId === callId ? job : undefined;
}

function Screen({ call, file, preview }: { call: Call; file: RecordingFile; preview: Preview | undefined }) {
  const callId = call.id;
  const url = fileUrl(callId, file.name);
  const video = useRef<HTMLVideoElement>(null);
  const poster = preview?.poster && fileUrl(callId, preview.poster);
  const seek = (seconds: number) => {
    if (video.current) video.current.currentTime = seconds;
  };
  const isSeen = file.streams.some(({ kind }) => kind === "video");
  return (
    <>
      {isSeen ? (
        // biome-ignore lint/a11y/useMediaCaption: there is no transcript of the speech; chat messages are a track.
        <video ref={video} src={url} poster={poster} preload="metadata" controls playsInline>
          {call.chat && <track kind="subtitles" label="Chat" src={fileUrl(callId, call.chat.subtitles)} />}
        </video>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: there is no transcript of the speech.
        <audio src={url} preload="metadata" controls />
      )}
      {preview && <PreviewStrip callId={callId} preview={preview} of="the film" onSeek={seek} />}
      <p class="film-facts">
        <strong>Film</strong> <span>{duration(file.durationSeconds)}</span>
        <LinkButton callId={callId} fileName={file.name} of="the film" />
        <a class="button" href={`${url}?download`} download={file.name} aria-label="Download the film">
          <Icon name="download" /> {bytes(file.bytes)}
        </a>
      </p>
    </>
  );
}

function Progress({ job }: { job: Job }) {
  const [errorText, setErrorText] = useState<string>();
  const act = (action: (id: string) => Promise<void>) => {
    setErrorText(undefined);
    action(job.id).catch((error: unknown) => setErrorText(error instanceof Error ? error.message : String(error)));
  };
  const isAtWork = job.state === "queued" || job.state === "running";
  return (
    <div class="film-progress" aria-live="polite">
      {job.state === "queued" && <span>The film is queued</span>}
      {job.state === "running" && (
        <>
          <progress max={100} value={job.progress} aria-label="Progress of the film" />
          <span>The film is being made: {job.progress} %</span>
        </>
      )}
      {job.state === "cancelled" && <span>The film was cancelled</span>}
      {job.state === "failed" && (
        <span role="note">
          The film failed: {job.error ? sentence(job.error.message) : ""} {job.error?.hint}
        </span>
      )}
      {errorText && <span role="alert">{sentence(errorText)}</span>}
      <button type="button" class="button" onClick={() => act(isAtWork ? cancelJob : retryJob)}>
        {isAtWork ? "Cancel" : "Make film"}
      </button>
    </div>
  );
}
