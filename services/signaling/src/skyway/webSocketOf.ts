import type { EventEmitter } from "node:events";
import type { Socket } from "socket.io";

/** Members of a `ws` socket that engine.io does not expose: ping frames, the close code, the send buffer. */
export interface RawWebSocket extends EventEmitter {
  readonly readyState: number;
  /** Bytes that were not sent yet. */
  readonly bufferedAmount: number;
  /** @param data is returned with the pong. */
  ping(data?: string): void;
  /** Closes it without a close frame. */
  terminate(): void;
}

/** @returns undefined while the client is on polling. */
export function webSocketOf({ conn }: Socket): RawWebSocket | undefined {
  const { transport } = conn;
  if (transport.name !== "websocket") return undefined;
  // engine.io declares this field private and has no other access to it.
  return (transport as unknown as { socket: RawWebSocket }).socket;
}
