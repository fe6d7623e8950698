/**
 * How long a peer whose socket broke without a goodbye keeps its id and its calls. socket.io 2 tries again after
 * 0.5 to 1.5 s and once more 1 to 3 s later; then skyway-js gives up.
 */
export const RECONNECT_GRACE_MS = 5_000;

/**
 * A page's own question whether signalling is there, and how long it waits for the answer. Where its network is gone and
 * another has come, nothing else tells it that its socket is dead: it is back within 5 to 11 s. skyway-js gives a call
 * up some 17 s after the last that came, and needs our offer before that. A network that is away for 5 s is no loss.
 */
export const PAGE_PING_INTERVAL_MS = 4_000;
export const PAGE_PING_LIMIT_MS = 5_000;

/** How long engine.io waits for a client that says nothing, where it watches at all: a hidden tab is slow. */
export const ENGINE_SILENCE_LIMIT_MS = 45_000;

/** How long an offer waits for a peer that is not there: time for one that reloads its page or whose server restarts. */
export const WAITING_LIMIT_MS = 5_000;

/** A holder of an id that does not answer a ping within this is half-open: another client may have the id. */
export const SIGN_OF_LIFE_LIMIT_MS = 1_500;

/** Sockets are looked at, and WebSockets pinged, this often. */
export const WATCH_INTERVAL_MS = 10_000;

/** Two pings that were not answered: the client's network or machine is gone. */
export const TRANSPORT_SILENCE_LIMIT_MS = 25_000;

/**
 * Pings are answered by the browser even when its page hangs. The page itself sends one each 4 s, in a hidden
 * tab one a minute.
 */
export const PROGRAM_SILENCE_LIMIT_MS = 150_000;

/** A client that opens a socket and does not say who it is. */
export const HANDSHAKE_LIMIT_MS = 10_000;

/** SkyWay warned so long before a credential ran out. */
export const EXPIRY_WARNING_MS = 300_000;
