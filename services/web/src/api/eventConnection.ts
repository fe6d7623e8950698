/** How a page is connected to the server's events. */
export type Connection =
  | { status: "connecting" }
  /** All changes arrive. `regained` tells of the last interruption. */
  | { status: "live"; regained?: { lostAt: number; regainedAt: number } }
  /** What the page shows may be out of date, since this Unix time in milliseconds. */
  | { status: "lost"; since: number };

/** What is needed of an EventSource. */
export interface EventSourceLike {
  addEventListener(type: string, listener: () => void): void;
  close(): void;
}

export interface EventConnectionOptions {
  /** Opens the source, with its listeners. */
  open(): EventSourceLike;
  /** Fetches what events have not told: before the first one, or during an interruption. Retried if it fails. */
  catchUp(): Promise<unknown>;
  /** Makes an ordinary request after a source could not be opened: its answer says whether a login is needed. */
  probe(): Promise<unknown>;
  onConnection(connection: Connection): void;
  now?: () => number;
}

const RETRY_MS = 1_000;
/** The server sends `alive` every five seconds. Without this limit, a connection that only looks open would go unnoticed. */
export const SILENCE_LIMIT_MS = 12_000;
const WATCH_INTERVAL_MS = 1_000;
const HEARD = ["alive", "call", "removed", "job"];

/**
 * Stays connected to the server's events until it is closed. A browser's EventSource gives up at the first answer other
 * than 200, such as the 502 of the front door while the orchestrator restarts; this opens another one every second. The
 * state is `live` only when the source is open and the page has caught up, and `lost` as soon as the source fails or is
 * silent.
 *
 * @returns a function that ends the connection.
 */
export function stayConnected(options: EventConnectionOptions): () => void {
  const { open, catchUp, probe, onConnection, now = Date.now } = options;
  let source: EventSourceLike | undefined;
  let heardAt = now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lostAt: number | undefined;
  let isEnded = false;
  onConnection({ status: "connecting" });

  function connect(): void {
    const opened = open();
    source = opened;
    heardAt = now();
    const isCurrent = () => source === opened;
    let wasOpen = false;
    for (const type of HEARD) {
      opened.addEventListener(type, () => {
        if (isCurrent()) heardAt = now();
      });
    }
    opened.addEventListener("open", () => {
      heardAt = now();
      wasOpen = true;
      void caughtUp(isCurrent);
    });
    opened.addEventListener("error", () => {
      if (!isCurrent()) return;
      lose();
      if (!wasOpen) probe().catch(() => undefined);
    });
  }

  async function caughtUp(isCurrent: () => boolean): Promise<void> {
    while (isCurrent()) {
      try {
        await catchUp();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    if (!isCurrent()) return;
    onConnection({ status: "live", ...(lostAt !== undefined && { regained: { lostAt, regainedAt: now() } }) });
    lostAt = undefined;
  }

  function lose(): void {
    source?.close();
    source = undefined;
    lostAt ??= heardAt;
    onConnection({ status: "lost", since: lostAt });
    clearTimeout(timer);
    timer = setTimeout(() => !isEnded && connect(), RETRY_MS);
  }

  const watch = setInterval(() => {
    if (source && now() - heardAt > SILENCE_LIMIT_MS) lose();
  }, WATCH_INTERVAL_MS);
  connect();
  return () => {
    isEnded = true;
    clearInterval(watch);
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
}
