import type { Logger } from "pino";
import type { HeldMemory } from "../rtp/heldMemory.ts";
import type { RedirectSocket } from "../rtp/redirectSocket.ts";
import type { Bandwidth } from "./bandwidth.ts";
import type { Endpoint } from "./localTransport.ts";
import type { MediaPort } from "./mediaPort.ts";
import type { NetworkBinding } from "./networkBinding.ts";
import type { Ticker } from "./ticker.ts";

/** What all sessions of a process share. */
export interface SessionResources {
  mediaPort: MediaPort;
  /** For every new connection. */
  binding: NetworkBinding;
  /** Where callers reach the media port. Throws GatewayError PUBLISHED_PORT_UNKNOWN. */
  endpoints(): readonly Endpoint[];
  bandwidth: Bandwidth;
  socket: RedirectSocket;
  /** Memory of held media, of all calls. */
  held: HeldMemory;
  ticker: Ticker;
  /** Unix time in milliseconds that never runs backwards. */
  now(): number;
  log: Logger;
}
