import Hls from "hls.js";

/** Segments last one second: two are enough on a good network; a player that stalls increases the distance itself. */
const SEGMENTS_BEHIND = 2;
const RETRY_MS = 1_000;

/**
 * Plays a live HLS stream, with hls.js where the browser supports it. Waits until the stream is available, and retries
 * after interruptions.
 *
 * @returns a function that stops playback.
 */
export function playStream(video: HTMLVideoElement, playlist: string): () => void {
  const over = new AbortController();
  void whenAvailable(playlist, over.signal).then(() => {
    if (!over.signal.aborted) attach(video, playlist, over.signal);
  });
  return () => over.abort();
}

function attach(video: HTMLVideoElement, playlist: string, until: AbortSignal): void {
  if (!Hls.isSupported()) {
    video.src = playlist;
    until.addEventListener("abort", () => video.removeAttribute("src"));
    return;
  }
  // A worker would be loaded from a blob: URL, which the content security policy blocks.
  const player = new Hls({ enableWorker: false, liveSyncDurationCount: SEGMENTS_BEHIND });
  player.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) player.recoverMediaError();
    else setTimeout(() => !until.aborted && player.loadSource(playlist), RETRY_MS);
  });
  player.loadSource(playlist);
  player.attachMedia(video);
  until.addEventListener("abort", () => player.destroy());
}

async function whenAvailable(playlist: string, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const answer = await fetch(playlist, { signal: until }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
