import type { Kind } from "../../archive/library/manifest.ts";
import type { CallId, LegId, RecorderId } from "../../ids.ts";
import type { Codecs, ContainerFormat, FileForm } from "./codecs.ts";
import { portsOf } from "./ports.ts";
import { trackSdp } from "./sdp.ts";

/** How one part of a track lies in the file. */
export interface TrackPart {
  kind: Kind;
  /** Whose file it is. */
  recorderId: RecorderId;
  offsetSeconds: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  scale: number;
}

export interface AssemblyOrder extends Pick<FileForm, "tracks" | "transcode"> {
  recorderId: RecorderId;
  format: ContainerFormat;
  /** Of each track in the order of time. What of a part lies behind the beginning of the next is left out. */
  parts: readonly TrackPart[];
  title: string;
  startedAt: Date;
  callId: CallId;
  legId: LegId;
  /** Which of the leg's files it is, from 1: the first where it is missing. */
  number?: number;
}

const TITLE_LIMIT_CHARACTERS = 200;

/**
 * `record <recorderId> audio=<SDP> video=<SDP> [unordered]`, see services/recorder/record.
 *
 * @param isUnordered whether packets come as they came over the network, and video not from a keyframe on.
 */
export function recordCommand(recorderId: RecorderId, codecs: Codecs, isUnordered = false): string[] {
  const ports = portsOf(recorderId);
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

/** None of them has a line break in it: an order is a file of lines. */
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
    `title=${printable(order.title)}`,
    `date=${order.startedAt.toISOString()}`,
    `call_id=${order.callId}`,
    `leg_id=${order.legId}`,
  ];
}

/** A caller chooses the title: control characters have no place in it, nor has half a character at its end. */
function printable(text: string): string {
  return [...text.replaceAll(/\p{C}/gu, " ")].slice(0, TITLE_LIMIT_CHARACTERS).join("").trim();
}
