import { type Logger, pino } from "pino";
import type { LogLevel } from "./environment.ts";

/**
 * The log of a process: one line of JSON per entry on stdout.
 *
 * @param name the service's name in Compose; each entry has it.
 * @param level entries below it are not written. Default: info. Assign `log.level` when the configuration is known.
 */
export function openLog(name: string, level: LogLevel = "info"): Logger {
  return pino({ name, level });
}
