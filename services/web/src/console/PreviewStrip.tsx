import { useEffect, useState } from "preact/hooks";
import { fetchThumbnails, fileUrl } from "../api/client.ts";
import type { Preview } from "../api/schemas.ts";
import { chosen, type Thumbnail } from "../api/thumbnails.ts";
import { duration } from "../format.ts";

const MOST_THUMBNAILS = 8;

interface Props {
  callId: string;
  preview: Preview;
  /** Of whom, for those who do not see it. */
  of: string;
  onSeek: (seconds: number) => void;
}

/** What is in a recording at a glance: pictures by which one gets there, and how loud it is. */
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
      {preview.waveform && (
        <img class="waveform" src={fileUrl(callId, preview.waveform)} alt={`How loud ${of} is over time`} />
      )}
    </div>
  );
}

/** None until they are there; without them nothing is missing that one could not do otherwise. */
function useThumbnails(callId: string, track: string | undefined): Thumbnail[] {
  const [thumbnails, setThumbnails] = useState<Thumbnail[]>([]);
  useEffect(() => {
    if (track === undefined) return undefined;
    let isGone = false;
    fetchThumbnails(callId, track).then(
      (all) => !isGone && setThumbnails(chosen(all, MOST_THUMBNAILS)),
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [callId, track]);
  return thumbnails;
}
