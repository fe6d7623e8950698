import type { ErrorCode } from "../../errors.ts";

/** Measurements of a leg that are not in its manifest. */
export interface LegMetrics {
  /** From the request for a recorder until its ports were bound. */
  recorderBound(ms: number): void;
  recorderNotStarted(code: ErrorCode): void;
  /** From ringing until the call was answered. */
  answered(ms: number): void;
}
