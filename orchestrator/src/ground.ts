import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Clock } from "./clock.ts";

/** What every wing needs. */
export interface Ground {
  clock: Clock;
  log: Logger;
  /** Each wing registers its own metrics. */
  metrics: Registry;
}
