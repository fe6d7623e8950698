import type { Address } from "./redirectSocket.ts";

/** Where media goes once it has been turned there at a keyframe, and who is to know. */
export interface Turn {
  to: Partial<Record<"audio" | "video", Address>>;
  rtcp: Partial<Record<"audio" | "video", Address>>;
  /** Called right before: what is true of the tracks is still so of those that go elsewhere until now. */
  turning(): void;
  /** Called in place of it when the call ends first, or is sent elsewhere. */
  abandoned(): void;
}
