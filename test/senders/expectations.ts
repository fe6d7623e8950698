import { type Judgement, missingOf } from "./judgement.ts";
import type { Outcome, Recorded } from "./senderCase.ts";

/** Time at which a frame of 30 a second counts as shown at its time. */
const MISPLACED_MS = 40;
const SOUND_SHARE = 0.99;
const SILENT_MS = 100;
const RATE = { from: 28, to: 32 };

export interface Expected {
  /** Numbers of the pictures: from, and up to (not included). */
  pictures?: readonly [number, number];
  /** Number of pictures that may be missing; default 0. */
  mayLack?: number;
  soundPackets?: number;
  /** Length in seconds, within half a second. */
  seconds?: number;
  /** By how much sound and picture may be apart, in milliseconds; default 60. */
  inStepMs?: number;
  /** Whether 30 frames a second must be announced; default true if there are pictures. */
  rate?: boolean;
  /** Error code of the leg; default none. */
  error?: string;
}

/** Compares a recording with what was sent. */
export function compare({ leg, file }: Recorded, expected: Expected): Outcome {
  const error = leg.error?.code;
  const complaints: string[] = [];
  if (error !== expected.error) complaints.push(`error ${error ?? "none"} instead of ${expected.error ?? "none"}`);
  const wantsFile = expected.pictures !== undefined || expected.soundPackets !== undefined;
  if (!file) {
    if (wantsFile) complaints.push("no file");
    return { found: `${leg.state}, ${error ?? "no file"}`, complaints };
  }
  complaints.push(...pictureComplaints(file, expected), ...soundComplaints(file, expected));
  if (expected.seconds !== undefined && Math.abs(file.seconds - expected.seconds) > 0.5) {
    complaints.push(`${file.seconds.toFixed(1)} s long instead of ${expected.seconds} s`);
  }
  return { found: `${inWords(file)}${error ? `, ${error}` : ""}`, complaints };
}

function pictureComplaints(file: Judgement, { pictures, mayLack = 0, rate = true }: Expected): string[] {
  if (!pictures) return [];
  const complaints: string[] = [];
  const missing = missingOf(file.pictures, ...pictures);
  const ruined = file.pictures.filter((number) => number === undefined).length;
  if (missing.length > mayLack) complaints.push(`${missing.length} pictures are missing: ${missing.slice(0, 20)}`);
  if (ruined > 0) complaints.push(`${ruined} pictures are ruined`);
  if (file.misplacedMs > MISPLACED_MS) complaints.push(`a picture is misplaced by ${Math.round(file.misplacedMs)} ms`);
  const announced = file.announcedRate ?? 0;
  if (rate && !(announced >= RATE.from && announced <= RATE.to)) complaints.push(`${announced} fps are announced`);
  return complaints;
}

function soundComplaints(file: Judgement, { soundPackets, pictures, inStepMs = 60 }: Expected): string[] {
  if (soundPackets === undefined) return [];
  const complaints: string[] = [];
  if (file.soundPackets < soundPackets * SOUND_SHARE) {
    complaints.push(`${file.soundPackets} of ${soundPackets} packets of sound`);
  }
  if (file.silentMs > SILENT_MS) complaints.push(`${file.silentMs} ms of silence`);
  const apart = Math.abs(file.soundAfterPictureMs ?? 0);
  if (pictures?.[0] === 0 && apart > inStepMs) complaints.push(`sound and picture are ${Math.round(apart)} ms apart`);
  return complaints;
}

function inWords({ seconds, pictures, soundPackets, announcedRate }: Judgement): string {
  const rate = announcedRate === undefined ? "" : ` at ${Math.round(announcedRate)} fps`;
  return `${seconds.toFixed(1)} s, ${pictures.length} pictures${rate}, ${soundPackets} packets of sound`;
}
