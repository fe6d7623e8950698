import nodeDataChannel from "node-datachannel";
import type { Logger } from "pino";

/** The library logs to standard output by itself; its words belong into our log, and only at debug level. */
export function silenceLibrary(log: Logger): void {
  const level = log.isLevelEnabled("debug") ? "Warning" : "Fatal";
  nodeDataChannel.initLogger(level, (severity, message) => log.debug({ severity, message }, "libdatachannel"));
}
