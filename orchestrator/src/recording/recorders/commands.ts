import type { Kind } from "../../archive/library/manifest.ts";
import type { CallId, LegId, RecorderId } from "../../ids.ts";
import type { Codecs, ContainerFormat, FileForm } from "./codecs.ts";
import { portsFrom } from "./ports.ts";
import { trackSdp } from "./sdp.ts";

/** Position of one part of a track in the file. */
export interface TrackPart {
  kind: Kind;
  /** The recorder that wrote this part. */
  recorderId: RecorderId;
  offsetSeconds: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  scale: number;
}

export interface AssemblyOrder extends Pick<FileForm, "tracks" | "transcode"> {
  recorderId: RecorderId;
  format: ContainerFormat;
  /**
   * Ordered by time within each track. Where a part overlaps the next one, the overlap is cut from the earlier part.
   */
  parts: readonly TrackPart[];
  /** When the call ended, in seconds of the file: the last picture stands until then. Unknown by default. */
  untilSeconds?: number | undefined;
  title: string;
  startedAt: Date;
  callId: CallId;
  legId: LegId;
  /** Position among the leg's files, from 1; 1 by default. */
  number?: number;
}

const TITLE_LIMIT_CHARACTERS = 200;

/**
 * `record <recorderId> audio=<SDP> video=<SDP> [unordered]`, see services/recorder/record.
 *
 * @param firstPort of the recorder.
 * @param isUnordered whether packets arrive in network order, and video may start without a keyframe.
 */
export function recordCommand(
  recorderId: RecorderId,
  codecs: Codecs,
  firstPort: number,
  isUnordered = false,
): string[] {
  const ports = portsFrom(firstPort);
  const tracks = (["audio", "video"] as const).flatMap((kind) => {
    const codec = codecs[kind];
    return codec ? [`${kind}=${Buffer.from(trackSdp(kind, ports[kind], codec)).toString("base64")}`] : [];
  });
  return ["record", recorderId, ...tracks, ...(isUnordered ? ["unordered"] : [])];
}

/** `assemble <recorderId> …`, see services/recorder/assemble. */
export function assembleCommand(order: AssemblyOrder): string[] {
  return ["assemble", order.recorderId, ...assembleArguments(order)];
}

/** No argument contains a line break, because orders are files with one argument per line. */
export function assembleArguments(order: AssemblyOrder): string[] {
  const tracks = order.parts.map(({ kind, recorderId, offsetSeconds, scale }) => {
    const placement = `${offsetSeconds.toFixed(6)},${scale.toFixed(9)}`;
    return recorderId === order.recorderId ? `${kind}=${placement}` : `${kind}=${placement},${recorderId}`;
  });
  return [
    `format=${order.format}`,
    ...tracks,
    ...(order.tracks === "separate" ? ["tracks=separate"] : []),
    ...(order.transcode === "none" ? [] : [`transcode=${order.transcode}`]),
    ...(order.untilSeconds === undefined ? [] : [`until=${order.untilSeconds.toFixed(3)}`]),
    `title=${printable(order.title)}`,
    `date=${order.startedAt.toISOString()}`,
    `call_id=${order.callId}`,
    `leg_id=${order.legId}`,
  ];
}

/** The title comes from the caller: removes control characters, and cuts it between whole characters. */
function printable(text: string): string {
  return [...text.replaceAll(/\p{C}/gu, " ")].slice(0, TITLE_LIMIT_CHARACTERS).join("").trim();
}
