/** RFC 6455, section 7.1.5: the connection was closed without a close frame. */
const NO_CLOSE_FRAME = 1006;

/** socket.io's reasons after which the client may reconnect. All other reasons mean an intentional close. */
const BROKEN = new Set(["transport close", "transport error", "ping timeout"]);

/**
 * Decides whether a client left or its connection broke.
 *
 * @param reason socket.io's reason of the `disconnect` event.
 * @param closeCode of the WebSocket; undefined for a client on polling, and while the WebSocket is not closed.
 */
export function disconnectKindOf(reason: string, closeCode: number | undefined): "left" | "lost" {
  if (!BROKEN.has(reason)) return "left";
  if (closeCode !== undefined) return closeCode === NO_CLOSE_FRAME ? "lost" : "left";
  // A client on polling sends a close packet. Without it, engine.io reports a transport error.
  return reason === "transport close" ? "left" : "lost";
}
