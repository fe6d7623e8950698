/** The client said that it leaves: `socket.disconnect()`, `peer.destroy()`. Or we refused it and closed its link. */
const GOODBYES = new Set(["client namespace disconnect", "server namespace disconnect"]);

/** RFC 6455, section 7.4.1: the browser leaves the page. */
const GOING_AWAY = 1001;
/** RFC 6455, section 7.1.5: `close()` without a code. */
const NO_CODE = 1005;
const NORMAL_CLOSURE = 1000;

/**
 * Decides whether a client of socket.io left, or was lost and may reconnect.
 *
 * A close frame or a close packet alone is no goodbye: socket.io also closes its transport properly when it gives up a
 * server that does not answer. A server that was frozen reads that after it continues.
 *
 * @param reason socket.io's reason of the `disconnect` event.
 * @param closeCode of the WebSocket; undefined for a client on polling, and while the WebSocket is not closed.
 */
export function disconnectKindOf(reason: string, closeCode: number | undefined): "left" | "lost" {
  return GOODBYES.has(reason) || closeCode === GOING_AWAY ? "left" : "lost";
}

/**
 * The same for PeerJS, which never gives up a silent server. Its goodbye (`peer.destroy()`, `peer.disconnect()`) is a
 * close frame without a code.
 */
export function peerJsDisconnectKindOf(closeCode: number): "left" | "lost" {
  return [GOING_AWAY, NO_CODE, NORMAL_CLOSURE].includes(closeCode) ? "left" : "lost";
}
