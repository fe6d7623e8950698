import type { EventEmitter } from "node:events";
import type { Socket } from "socket.io";

/** The part of a `ws` socket that engine.io does not offer: ping frames, the close code, the send buffer. */
export interface RawWebSocket extends EventEmitter {
  readonly readyState: number;
  /** Bytes that the network has not taken yet. */
  readonly bufferedAmount: number;
  /** @param data comes back with the pong. */
  ping(data?: string): void;
  /** Ends it without a close frame. */
  terminate(): void;
}

/** @returns undefined while the client is on polling. */
export function webSocketOf({ conn }: Socket): RawWebSocket | undefined {
  const { transport } = conn;
  if (transport.name !== "websocket") return undefined;
  // engine.io declares the field private; there is no other way to it.
  return (transport as unknown as { socket: RawWebSocket }).socket;
}
