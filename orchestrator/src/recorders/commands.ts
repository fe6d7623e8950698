import type { CallId, LegId, RecorderId } from "../ids.ts";
import type { Codecs, ContainerFormat, FileForm, Kind } from "./codecs.ts";
import { trackSdp } from "./sdp.ts";

/** How one track lies in the file. */
export interface Placement {
  offsetSeconds: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  scale: number;
}

export interface AssemblyOrder extends Pick<FileForm, "tracks" | "transcode"> {
  recorderId: RecorderId;
  format: ContainerFormat;
  placements: Partial<Record<Kind, Placement>>;
  title: string;
  startedAt: Date;
  callId: CallId;
  legId: LegId;
}

const TITLE_LIMIT_CHARACTERS = 200;

/** `record <recorderId> audio=<SDP> video=<SDP>`, see services/recorder/record. */
export function recordCommand(recorderId: RecorderId, codecs: Codecs): string[] {
  const tracks = (["audio", "video"] as const).flatMap((kind) => {
    const codec = codecs[kind];
    return codec ? [`${kind}=${Buffer.from(trackSdp(kind, codec)).toString("base64")}`] : [];
  });
  return ["record", recorderId, ...tracks];
}

/** `assemble <recorderId> …`, see services/recorder/assemble. */
export function assembleCommand(order: AssemblyOrder): string[] {
  return ["assemble", order.recorderId, ...assembleArguments(order)];
}

/** None of them has a line break in it: an order is a file of lines. */
export function assembleArguments(order: AssemblyOrder): string[] {
  const tracks = (["audio", "video"] as const).flatMap((kind) => {
    const placement = order.placements[kind];
    return placement ? [`${kind}=${placement.offsetSeconds.toFixed(6)},${placement.scale.toFixed(9)}`] : [];
  });
  return [
    `format=${order.format}`,
    ...tracks,
    ...(order.tracks === "separate" ? ["tracks=separate"] : []),
    ...(order.transcode === "none" ? [] : [`transcode=${order.transcode}`]),
    `title=${printable(order.title)}`,
    `date=${order.startedAt.toISOString()}`,
    `call_id=${order.callId}`,
    `leg_id=${order.legId}`,
  ];
}

/** A caller chooses the title: control characters have no place in it. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ").slice(0, TITLE_LIMIT_CHARACTERS).trim();
}
