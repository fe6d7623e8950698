/** Our own source on an m-line. */
export interface SentSource {
  ssrc: number;
  /** Of the stream and of the track in it: the peer plays tracks of one stream together. */
  msid: string;
}

/** RFC 8830 and RFC 5576. */
export function sourceLines(sent: SentSource | undefined): string[] {
  return sent ? [`a=msid:${sent.msid}`, `a=ssrc:${sent.ssrc} cname:${CNAME}`] : [];
}

/** Of all sources of a connection. */
export const CNAME = "gateway";

export function direction(receives: boolean, sends: boolean): string {
  if (receives) return sends ? "a=sendrecv" : "a=recvonly";
  return sends ? "a=sendonly" : "a=inactive";
}
