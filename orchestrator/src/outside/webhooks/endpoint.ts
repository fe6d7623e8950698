import { createHash } from "node:crypto";
import type { WebhookEventType } from "./events.ts";

export interface EndpointOptions {
  name?: string | undefined;
  url: string;
  key: Buffer;
  /** All events by default. */
  events?: readonly WebhookEventType[] | undefined;
}

/** One receiver. Its URL and its key are private fields so that they are not logged. */
export class Endpoint {
  readonly name: string;
  readonly #url: string;
  readonly #key: Buffer;
  readonly #events: ReadonlySet<string> | undefined;

  constructor({ name, url, key, events }: EndpointOptions) {
    this.name = name ?? nameOf(url);
    this.#url = url;
    this.#key = key;
    this.#events = events && new Set(events);
  }

  wants(event: string): boolean {
    return this.#events?.has(event) ?? true;
  }

  get events(): readonly string[] | undefined {
    return this.#events && [...this.#events];
  }

  /** Scheme, host and port. Paths and queries are left out because they often contain tokens. */
  get origin(): string {
    return new URL(this.#url).origin;
  }

  /** A digest of the URL, to detect whether it has changed. */
  get fingerprint(): string {
    return digest(this.#url);
  }

  secrets(): { url: string; key: Buffer } {
    return { url: this.#url, key: this.#key };
  }

  toJSON(): { name: string } {
    return { name: this.name };
  }
}

/** Always the same for the same URL. */
const nameOf = (url: string) => `webhook-${digest(url).slice(0, 8)}`;

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
