import type { ErrorCode } from "../../errors.ts";

/** What a leg's story has to say that its manifest does not. */
export interface LegMetrics {
  /** From asking for a recorder until its ports were bound. */
  recorderBound(ms: number): void;
  recorderNotStarted(code: ErrorCode): void;
  /** From the ring until the call was answered. */
  answered(ms: number): void;
}
