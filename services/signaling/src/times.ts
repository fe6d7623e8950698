/**
 * How long a peer keeps its id and its calls after its socket broke without a close. socket.io 2 reconnects after 0.5
 * to 1.5 s, and again 1 to 3 s later. Then skyway-js gives up.
 */
export const RECONNECT_GRACE_MS = 5_000;

/**
 * After a start, nothing is known of the gateways' ids yet: they reconnect, or the whole bundle starts. Until then, a
 * client that took such an id loses it to its gateway.
 */
export const AFTER_START_MS = 60_000;

/**
 * A page pings signalling at this interval, and waits this long for the pong. After a network change, nothing else
 * shows the page that its socket is dead. With these values it is back within 5 to 11 s. skyway-js ends a call about
 * 17 s after the last received packet, and must receive our offer before that. A network loss of 5 s does not end the
 * connection.
 */
export const PAGE_PING_INTERVAL_MS = 4_000;
export const PAGE_PING_LIMIT_MS = 5_000;

/** How long engine.io waits for a silent client, in the cases in which it watches. Hidden tabs are slow. */
export const ENGINE_SILENCE_LIMIT_MS = 45_000;

/**
 * When FORCE_CLOSE is repeated after a rejecting answer. skyway-js ignores it until the browser has applied the answer,
 * which takes some milliseconds, and seconds on a busy phone. It also ignores the repetitions after the first that works.
 */
export const REFUSAL_REPEATS_MS = [20, 100, 500, 2_000, 8_000] as const;

/**
 * The same for PeerJS. It ends a call at its data channel's end: Chromium ends the channel at the rejection, Firefox does
 * not. The repetition becomes LEAVE, unless there are other connections with the same peer. It is late enough for the
 * browser to have applied the answer: PeerJS reports an error otherwise.
 */
export const PEERJS_REFUSAL_REPEATS_MS = [500] as const;

/** How long an offer waits for a peer that is not connected, for example during a page reload or a server restart. */
export const WAITING_LIMIT_MS = 5_000;

/** A client that does not answer a ping within this time has lost its link; see `RECONNECT_GRACE_MS`. */
export const LIVENESS_LIMIT_MS = 1_500;

/** Interval at which sockets are checked and WebSockets are pinged. */
export const WATCH_INTERVAL_MS = 10_000;

/** Two unanswered pings: the client's network or machine is gone. */
export const TRANSPORT_SILENCE_LIMIT_MS = 25_000;

/**
 * The browser answers pings even if the page hangs. The page itself sends a packet every 4 s, or once a minute in a
 * hidden tab.
 */
export const PROGRAM_SILENCE_LIMIT_MS = 150_000;

/** For a whole HTTP request, with its body. */
export const REQUEST_LIMIT_MS = 30_000;

/** Limit for a client that opens a socket and does not complete the handshake. */
export const HANDSHAKE_LIMIT_MS = 10_000;

/** Clients are warned this long before a credential expires, as by SkyWay. */
export const EXPIRY_WARNING_MS = 300_000;
