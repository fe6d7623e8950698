import { CLOCK_CASES } from "./clockCases.ts";
import { CONTENT_CASES } from "./contentCases.ts";
import { H264_CASES } from "./h264Cases.ts";
import { OFFER_CASES } from "./offerCases.ts";
import type { SenderCase } from "./senderCase.ts";

/** Senders that are no well-behaved browser. */
export const SENDER_CASES: readonly SenderCase[] = [...H264_CASES, ...CLOCK_CASES, ...CONTENT_CASES, ...OFFER_CASES];
