/** Limits per client. High enough for a busy gateway, low enough to protect other clients. */
export const LIMITS = {
  /** Enough for a large site, and low enough that one key cannot exhaust the memory. */
  peersPerKey: 10_000,
  /** Sockets of all keys, registered or not. A peer that changes networks has two for a short time. */
  sockets: 25_000,
  /** A browser's SDP with all codecs is about 8 kB. The rest is for metadata. */
  messageBytes: 256 * 1024,

  /** A call needs 5 to 50 messages, mostly candidates. A gateway answers many calls at once. */
  burstMessages: 2_000,
  messagesPerSecond: 200,
  burstBytes: 16 * 1024 * 1024,
  bytesPerSecond: 2 * 1024 * 1024,

  /** A client with more unsent data counts as lost. */
  unsentMessages: 2_000,
  unsentBytes: 16 * 1024 * 1024,

  /** Messages that were sent to a client but are not confirmed. The oldest are dropped first. */
  unconfirmedMessages: 200,
  unconfirmedBytes: 1024 * 1024,

  /** Messages that wait for a peer that is temporarily disconnected. */
  waitingMessagesPerSender: 500,
  waitingBytesPerSender: 1024 * 1024,
  waitingBytesPerKey: 32 * 1024 * 1024,

  /** Peers that receive LEAVE when a peer leaves. The oldest contact is dropped first. */
  contactsPerPeer: 2_000,
  /** Tracked offers of a page: few of them are unanswered at a time. */
  offersPerPeer: 32,
  /** Tracked connections of a client that shares its id. More than a gateway handles at once. */
  connectionsPerPeer: 4_000,
} as const;

export type Limits = { readonly [name in keyof typeof LIMITS]: number };
