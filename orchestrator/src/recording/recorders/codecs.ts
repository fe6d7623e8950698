import type { Kind } from "../../archive/library/manifest.ts";
import { RecorderError } from "../../errors.ts";

/** A codec as SDP describes it (RFC 8866, sections 6.6 and 6.15). */
export interface Codec {
  codec: string;
  payloadType: number;
  samplingRate: number;
  channels: number;
  fmtp: string;
}

/** The codecs of a leg, at most one for each kind. */
export interface Codecs {
  audio?: Codec | undefined;
  video?: Codec | undefined;
}

export interface OfferedTrack {
  kind: Kind;
  offered: readonly Codec[];
  /** Not offered yet: what the caller can send later in the same call. */
  isLater?: boolean;
  /** It has a transport of its own, which the gateway does not receive. */
  apart?: boolean;
}
export type Preferences = Record<Kind, readonly string[]>;

/** Used if the gateway does not report the offer: every browser supports these. */
export const USUAL_CODECS: Codecs = {
  video: { codec: "VP8", payloadType: 96, samplingRate: 90_000, channels: 1, fmtp: "" },
  audio: { codec: "opus", payloadType: 111, samplingRate: 48_000, channels: 2, fmtp: "" },
};

const video = (codec: string, payloadType: number, fmtp = ""): Codec => ({
  ...{ codec, payloadType, fmtp },
  samplingRate: 90_000,
  channels: 1,
});
const g711 = (codec: string, payloadType: number): Codec => ({
  ...{ codec, payloadType, fmtp: "" },
  samplingRate: 8_000,
  channels: 1,
});
const H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";

/** The codecs to choose from for dialled calls; the called peer accepts them or not. */
export const DIAL_OFFER: readonly OfferedTrack[] = [
  {
    kind: "audio",
    offered: [...(USUAL_CODECS.audio ? [USUAL_CODECS.audio] : []), g711("PCMU", 0), g711("PCMA", 8)],
  },
  {
    kind: "video",
    offered: [video("VP8", 96), video("VP9", 98, "profile-id=0"), video("H264", 102, H264_FMTP)],
  },
];

/**
 * Chooses, for each kind, the first preferred codec that is offered. Only the first track of each kind is used. A recorder
 * is also prepared for a kind that may come later: it cannot add a track while it records, and one without media costs
 * nothing.
 *
 * @throws RecorderError NO_COMMON_CODEC if no offered codec can be recorded.
 */
export function chooseCodecs(tracks: readonly OfferedTrack[], preferences: Preferences): Codecs {
  const chosen: Codecs = {};
  const offeredNow = tracks.filter(({ isLater, apart }) => !isLater && !apart);
  for (const { kind, offered } of offeredNow) chosen[kind] ??= firstPreferred(offered, preferences[kind]);
  if (!chosen.audio && !chosen.video) {
    const names = new Set(offeredNow.flatMap(({ offered }) => offered.map(({ codec }) => codec)));
    throw new RecorderError("NO_COMMON_CODEC", `offered: ${[...names].join(", ").slice(0, 200) || "none"}`);
  }
  for (const { kind, offered, apart } of tracks)
    if (!apart) chosen[kind] ??= firstPreferred(offered, preferences[kind]);
  return chosen;
}

/** What a caller can send later of the kinds that it does not offer yet: any browser has these codecs. */
export function laterTracks(offered: readonly OfferedTrack[]): OfferedTrack[] {
  return DIAL_OFFER.filter(({ kind }) => !offered.some((track) => track.kind === kind)).map((track) => ({
    ...track,
    isLater: true,
  }));
}

export function canRecord(offered: readonly Codec[], names: readonly string[]): boolean {
  return firstPreferred(offered, names) !== undefined;
}

function firstPreferred(offered: readonly Codec[], names: readonly string[]): Codec | undefined {
  for (const name of names) {
    const match = offered.find(({ codec }) => codec.toLowerCase() === name.toLowerCase());
    if (match) return match;
  }
  return undefined;
}

/** Configured properties of recording files. */
export interface FileForm {
  tracks: "joined" | "separate";
  /** Audio conversion after the end of a leg. */
  transcode: "none" | "vorbis";
  h264Container: "mkv" | "mp4";
}

export type ContainerFormat = "webm" | "mkv" | "mp4";

const WEBM_CODECS = new Set(["vp8", "vp9", "av1", "opus", "vorbis"]);
const MP4_CODECS = new Set(["h264", "opus"]);

/** WebM if it supports the codecs, MP4 for H264 if configured, otherwise Matroska. */
export function containerFormat(
  codecs: Codecs,
  { transcode, h264Container }: Pick<FileForm, "transcode" | "h264Container">,
): ContainerFormat {
  const audio = codecs.audio && (transcode === "none" ? codecs.audio.codec : transcode);
  const names = [audio, codecs.video?.codec].flatMap((name) => (name ? [name.toLowerCase()] : []));
  if (names.every((name) => WEBM_CODECS.has(name))) return "webm";
  return h264Container === "mp4" && names.every((name) => MP4_CODECS.has(name)) ? "mp4" : "mkv";
}

export function codecNames({ audio, video }: Codecs): string[] {
  return [audio, video].flatMap((one) => (one ? [one.codec] : []));
}
