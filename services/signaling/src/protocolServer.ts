/** Accepts clients of one protocol. */
export interface ProtocolServer {
  /** To be called every `WATCH_INTERVAL_MS`: pings clients and disconnects those that are silent for too long. */
  watch(): void;
  /** Drops every client so that it reconnects automatically. Other peers receive no LEAVE. */
  close(): void;
}
