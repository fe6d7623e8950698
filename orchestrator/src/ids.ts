import { randomBytes } from "node:crypto";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type CallId = Branded<"CallId">;
export type LegId = Branded<"LegId">;
export type RecorderId = Branded<"RecorderId">;
export type JobId = Branded<"JobId">;
export type PeerId = Branded<"PeerId">;
export type DataConnectionId = Branded<"DataConnectionId">;
export type MediaConnectionId = Branded<"MediaConnectionId">;

const TIME_DIGITS = 9; // milliseconds in base 36, enough until the year 5188
const JOB_ID = /^job_[0-9a-z]{9}[0-9a-f]{10}$/;
export const CALL_ID = /^call_[0-9a-z]{9}[0-9a-f]{10}$/;
export const LEG_ID = /^leg_[0-9a-z]{9}[0-9a-f]{10}$/;
const RECORDER_ID = /^leg_[0-9a-z]{9}[0-9a-f]{10}-p[1-9][0-9]*$/;

/** An id that sorts by creation time. */
function timedId(prefix: string, at: Date): string {
  const time = at.getTime().toString(36).padStart(TIME_DIGITS, "0");
  return `${prefix}_${time}${randomBytes(5).toString("hex")}`;
}

export const newCallId = (at: Date): CallId => timedId("call", at) as CallId;
export const newLegId = (at: Date): LegId => timedId("leg", at) as LegId;
export const newJobId = (at: Date): JobId => timedId("job", at) as JobId;

/** The container that records the n-th part of a leg. */
export const recorderIdOf = (leg: LegId, part: number): RecorderId => `${leg}-p${part}` as RecorderId;

export const isCallId = (text: string): text is CallId => CALL_ID.test(text);
export const isLegId = (text: string): text is LegId => LEG_ID.test(text);
export const isJobId = (text: string): text is JobId => JOB_ID.test(text);

export const isRecorderId = (text: string): text is RecorderId => RECORDER_ID.test(text);

/** Start time of a call, decoded from its id. */
export function timeOf(call: CallId): Date {
  return new Date(Number.parseInt(call.slice("call_".length, "call_".length + TIME_DIGITS), 36));
}
