/** RFC 6455, section 7.1.5: the connection ended without a close frame. */
const NO_CLOSE_FRAME = 1006;

/** Reasons of socket.io after which the client may come back. Everything else was somebody's decision. */
const BROKEN = new Set(["transport close", "transport error", "ping timeout"]);

/**
 * Whether a client left or its connection broke.
 *
 * @param reason socket.io's reason of the `disconnect` event.
 * @param closeCode of the WebSocket; undefined for a client on polling, and while the WebSocket is not closed.
 */
export function mannerOf(reason: string, closeCode: number | undefined): "left" | "lost" {
  if (!BROKEN.has(reason)) return "left";
  if (closeCode !== undefined) return closeCode === NO_CLOSE_FRAME ? "lost" : "left";
  // A client on polling says goodbye in a packet of its own; what ends without one is a transport error.
  return reason === "transport close" ? "left" : "lost";
}
