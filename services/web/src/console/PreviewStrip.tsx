import { useEffect, useState } from "preact/hooks";
import { fetchThumbnails, fileUrl } from "../api/client.ts";
import type { Preview } from "../api/schemas.ts";
import { evenlySpaced, type Thumbnail } from "../api/thumbnails.ts";
import { duration } from "../format.ts";

const MOST_THUMBNAILS = 8;

interface Props {
  callId: string;
  preview: Preview;
  /** Name of the recording, for screen readers. */
  of: string;
  onSeek: (seconds: number) => void;
}

/** Overview of a recording: thumbnails that seek when clicked, and the waveform. */
export function PreviewStrip({ callId, preview, of, onSeek }: Props) {
  const thumbnails = useThumbnails(callId, preview.thumbnails?.track);
  const image = preview.thumbnails && fileUrl(callId, preview.thumbnails.image);
  return (
    <div class="preview">
      {image && thumbnails.length > 1 && (
        <div class="thumbnails">
          {thumbnails.map(({ from, x, y }) => (
            <button
              key={from}
              type="button"
              aria-label={`Go to ${duration(from)} of ${of}`}
              style={{ backgroundImage: `url("${image}")`, backgroundPosition: `-${x}px -${y}px` }}
              onClick={() => onSeek(from)}
            />
          ))}
        </div>
      )}
      {preview.waveform && <img class="waveform" src={fileUrl(callId, preview.waveform)} alt={`Waveform of ${of}`} />}
    </div>
  );
}

/** Empty until they are loaded. Errors are ignored: the thumbnails are optional. */
function useThumbnails(callId: string, track: string | undefined): Thumbnail[] {
  const [thumbnails, setThumbnails] = useState<Thumbnail[]>([]);
  useEffect(() => {
    if (track === undefined) return undefined;
    let isUnmounted = false;
    fetchThumbnails(callId, track).then(
      (all) => !isUnmounted && setThumbnails(evenlySpaced(all, MOST_THUMBNAILS)),
      () => undefined,
    );
    return () => {
      isUnmounted = true;
    };
  }, [callId, track]);
  return thumbnails;
}
