/** Our own source on an m-line. */
export interface SentSource {
  ssrc: number;
  /** Ids of the stream and the track: the peer plays the tracks of one stream in sync. */
  msid: string;
}

/** RFC 8830 and RFC 5576. */
export function sourceLines(sent: SentSource | undefined): string[] {
  return sent ? [`a=msid:${sent.msid}`, `a=ssrc:${sent.ssrc} cname:${CNAME}`] : [];
}

/** The CNAME of all sources of a connection. */
export const CNAME = "gateway";

export function direction(receives: boolean, sends: boolean): string {
  if (receives) return sends ? "a=sendrecv" : "a=recvonly";
  return sends ? "a=sendonly" : "a=inactive";
}
