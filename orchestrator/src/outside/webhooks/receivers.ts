import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { RecorderError } from "../../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Disabled, Outbox } from "./outbox.ts";

export interface ReceiverSources {
  endpoints: readonly Endpoint[];
  outbox: Outbox;
  clock: Clock;
  log: Logger;
}

/** The configured receivers, and which of them are disabled because they answered 410. */
export class Receivers {
  readonly all: readonly Endpoint[];
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Logger;
  #disabled: Disabled = {};

  private constructor({ endpoints, outbox, clock, log }: ReceiverSources) {
    this.all = endpoints;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
  }

  static async read(sources: ReceiverSources): Promise<Receivers> {
    const receivers = new Receivers(sources);
    receivers.#disabled = await sources.outbox.disabled();
    return receivers;
  }

  /** @throws RecorderError WEBHOOK_NOT_FOUND */
  get(name: string): Endpoint {
    const endpoint = this.all.find((one) => one.name === name);
    if (!endpoint) throw new RecorderError("WEBHOOK_NOT_FOUND", name.slice(0, 100));
    return endpoint;
  }

  isActive(name: string): boolean {
    const endpoint = this.all.find((one) => one.name === name);
    return endpoint !== undefined && this.disabledAt(endpoint) === undefined;
  }

  /** If its URL has changed since then, it counts as another receiver. */
  disabledAt({ name, fingerprint }: Endpoint): string | undefined {
    const found = this.#disabled[name];
    return found?.fingerprint === fingerprint ? found.at : undefined;
  }

  async disable({ name, fingerprint }: Endpoint): Promise<void> {
    this.#disabled = { ...this.#disabled, [name]: { at: this.#clock.now().toISOString(), fingerprint } };
    this.#log.warn({ code: "WEBHOOK_DISABLED", webhook: name }, "a receiver answered 410 and is disabled");
    await this.#outbox.writeDisabled(this.#disabled).catch((error) => {
      this.#log.error(
        { code: "STORAGE_UNAVAILABLE", err: error },
        "the disabled state of a receiver could not be written",
      );
    });
  }

  async enable({ name }: Endpoint): Promise<void> {
    const { [name]: _, ...others } = this.#disabled;
    this.#disabled = others;
    await this.#outbox.writeDisabled(others);
  }
}
