import nodeDataChannel from "node-datachannel";
import type { Logger } from "pino";

/** By default the library logs to standard output. Sends its messages to our log instead, at debug level only. */
export function silenceLibrary(log: Logger): void {
  const level = log.isLevelEnabled("debug") ? "Warning" : "Fatal";
  nodeDataChannel.initLogger(level, (severity, message) => log.debug({ severity, message }, "libdatachannel"));
}
