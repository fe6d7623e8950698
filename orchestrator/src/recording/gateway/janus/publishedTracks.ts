import type { Kind } from "../../../archive/library/manifest.ts";
import { type Codec, type OfferedTrack, USUAL_CODECS } from "../../recorders/codecs.ts";
import type { Publisher } from "./messages.ts";

const g711 = (codec: string, payloadType: number): Codec => ({
  ...{ codec, payloadType, fmtp: "" },
  samplingRate: 8_000,
  channels: 1,
});

/**
 * The codecs that can be recorded, by their Janus names, with the payload types to forward them with. VP9 is missing:
 * ffmpeg cannot read the payload descriptor sent by browsers, which this project's own gateway simplifies.
 */
const CODECS: Readonly<Record<string, Codec | undefined>> = {
  opus: USUAL_CODECS.audio,
  pcmu: g711("PCMU", 0),
  pcma: g711("PCMA", 8),
  vp8: USUAL_CODECS.video,
  h264: { codec: "H264", payloadType: 102, samplingRate: 90_000, channels: 1, fmtp: "packetization-mode=1" },
};

/**
 * The tracks of a publisher, one codec for each kind. Janus forwards only the first stream of a kind: if that is
 * disabled, the kind is not recorded.
 */
export function publishedTracks({ streams }: Pick<Publisher, "streams">): OfferedTrack[] {
  return (["audio", "video"] as const).flatMap((kind) => {
    const stream = firstOf(kind, streams);
    const codec = stream?.codec === undefined || stream.disabled ? undefined : CODECS[stream.codec];
    return codec ? [{ kind, offered: [codec] }] : [];
  });
}

export function isSimulcast({ streams }: Pick<Publisher, "streams">): boolean {
  return firstOf("video", streams)?.simulcast ?? false;
}

/** Whether a recorder that was started for the previous tracks can also record the current ones. */
export function canContinue(before: readonly OfferedTrack[], now: readonly OfferedTrack[]): boolean {
  return now.every(({ kind, offered }) =>
    before.some((track) => track.kind === kind && track.offered[0]?.codec === offered[0]?.codec),
  );
}

const firstOf = (kind: Kind, streams: Publisher["streams"]) => streams.find(({ type }) => type === kind);
