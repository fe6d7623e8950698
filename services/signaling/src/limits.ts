/** What one client may take from the others. Generous to a busy gateway, too little to hurt. */
export const LIMITS = {
  /** Enough for a large site; few enough that one key cannot fill the memory. */
  peersPerKey: 10_000,
  /** Sockets of all keys, registered or not; two for each peer while it changes networks. */
  sockets: 25_000,
  /** An SDP of a browser with every codec has some 8 kB; the rest is the page's metadata. */
  messageBytes: 256 * 1024,

  /** A call takes 5 to 50 messages, nearly all for its candidates; a gateway answers many calls at once. */
  burstMessages: 2_000,
  messagesPerSecond: 200,
  burstBytes: 16 * 1024 * 1024,
  bytesPerSecond: 2 * 1024 * 1024,

  /** What a client has not taken off its socket by then, it never will. */
  unsentMessages: 2_000,
  unsentBytes: 16 * 1024 * 1024,

  /** What was sent to a client and may not have reached it; the oldest is forgotten first. */
  unconfirmedMessages: 200,
  unconfirmedBytes: 1024 * 1024,

  /** Messages that wait for a peer that is away for a moment. */
  waitingMessagesPerSender: 500,
  waitingBytesPerSender: 1024 * 1024,
  waitingBytesPerKey: 32 * 1024 * 1024,

  /** Peers that are told when one leaves. The oldest acquaintance is forgotten first. */
  acquaintances: 2_000,
  /** That are known of a client that shares its id: more than a gateway takes at once. */
  connectionsPerPeer: 4_000,
} as const;

export type Limits = { readonly [name in keyof typeof LIMITS]: number };
