import { laterTracks } from "../recorders/codecs.ts";
import type { CallerOffer, TracksReport } from "./gateway.ts";

/** What a caller offers, according to the report on its tracks before the answer. */
export function offerOf({ tracks, held }: TracksReport): CallerOffer {
  return { tracks: [...tracks, ...laterTracks(tracks)], canHold: held !== undefined };
}
