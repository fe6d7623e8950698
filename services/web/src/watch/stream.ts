import Hls from "hls.js";

/** Segments of a second: two of them are enough where the network is good, and a player that stalls takes more. */
const SEGMENTS_BEHIND = 2;
const RETRY_MS = 1_000;

/**
 * Plays a live stream by HLS, in browsers that cannot by themselves with hls.js. One that is not there yet, or has a
 * pause, is waited for.
 *
 * @returns what ends it.
 */
export function playStream(video: HTMLVideoElement, playlist: string): () => void {
  const over = new AbortController();
  void whenThere(playlist, over.signal).then(() => {
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
  // A worker would be made of a blob, which the content security policy refuses.
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

async function whenThere(playlist: string, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const answer = await fetch(playlist, { signal: until }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
