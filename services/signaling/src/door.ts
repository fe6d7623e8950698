/** Where clients of one protocol come in. */
export interface Door {
  /** To be called every `WATCH_INTERVAL_MS`: asks clients for a sign of life, and gives up those that show none. */
  watch(): void;
  /** Drops every client in such a way that it comes back by itself, and nobody is told that it left. */
  close(): void;
}
