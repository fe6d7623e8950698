import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  stream: MediaStream;
  caption: string;
  /** The user's own picture: muted and mirrored. */
  self?: boolean;
  children?: ComponentChildren;
}

/** A person in the call. */
export function Tile({ stream, caption, self = false, children }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return (
    <figure class={self ? "tile self" : "tile"}>
      <video ref={video} autoPlay playsInline muted={self} aria-label={caption} />
      {children}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
