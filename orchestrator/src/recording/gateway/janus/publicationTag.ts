import { randomInt } from "node:crypto";
import type { MediaConnectionId } from "../../../ids.ts";

/**
 * Identifies a publication: the SSRC with which it is forwarded. The upper half identifies the call, which lasts while
 * the room is occupied without a break; the lower half distinguishes the publications of a call. A restarted
 * orchestrator reads it from Janus' list of forwarders.
 */
export type PublicationTag = number;

const HALF = 0x1_0000;

/** Never 0: for Janus, that means "keep the original SSRC". */
export function newTag(occupancy: number): PublicationTag {
  return occupancy * HALF + randomInt(1, HALF);
}

export const newOccupancy = (): number => randomInt(HALF);

export const occupancyOf = (tag: PublicationTag): number => Math.floor(tag / HALF);

/** The key of a call in a room; it changes after the room was empty. */
export const callKey = (room: number, tag: PublicationTag): string => `janus-${room}-${hex(occupancyOf(tag), 4)}`;

export const connectionIdOf = (room: number, publisherId: number, tag: PublicationTag): MediaConnectionId =>
  `janus-${room}-${publisherId}-${hex(tag, 8)}` as MediaConnectionId;

/** The room of a connection; undefined for a connection of another gateway. */
export function roomOf(id: MediaConnectionId): number | undefined {
  const room = /^janus-(\d{1,15})-\d+-[0-9a-f]{8}$/.exec(id)?.[1];
  return room === undefined ? undefined : Number(room);
}

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
