import { randomInt } from "node:crypto";
import type { MediaConnectionId } from "../../../ids.ts";

/**
 * What a publication is known by, as long as it lasts and whoever asks: the SSRC that it is forwarded as. Its upper half
 * says since when somebody has been in the room without a break, which makes a call; its lower half tells the
 * publications of a call apart. An orchestrator that starts anew reads it back from Janus' list of forwarders.
 */
export type PublicationTag = number;

const HALF = 0x1_0000;

/** Never 0: Janus takes that for "leave the SSRC as it is". */
export function newTag(occupancy: number): PublicationTag {
  return occupancy * HALF + randomInt(1, HALF);
}

export const newOccupancy = (): number => randomInt(HALF);

export const occupancyOf = (tag: PublicationTag): number => Math.floor(tag / HALF);

/** The key of a call in a room: another one once nobody was in it. */
export const callKey = (room: number, tag: PublicationTag): string => `janus-${room}-${hex(occupancyOf(tag), 4)}`;

export const connectionIdOf = (room: number, publisherId: number, tag: PublicationTag): MediaConnectionId =>
  `janus-${room}-${publisherId}-${hex(tag, 8)}` as MediaConnectionId;

/** The room of a connection; undefined for a connection of another gateway. */
export function roomOf(id: MediaConnectionId): number | undefined {
  const room = /^janus-(\d{1,15})-\d+-[0-9a-f]{8}$/.exec(id)?.[1];
  return room === undefined ? undefined : Number(room);
}

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
