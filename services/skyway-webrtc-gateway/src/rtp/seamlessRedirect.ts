import type { Address } from "./redirectSocket.ts";

/** Redirects media at the next keyframe, without gap or overlap. */
export interface SeamlessRedirect {
  to: Partial<Record<"audio" | "video", Address>>;
  rtcp: Partial<Record<"audio" | "video", Address>>;
  /** Called right before the switch, while the tracks still describe the previous destination. */
  switching(): void;
  /** Called instead if the call ends first, or is redirected again. */
  abandoned(): void;
}
