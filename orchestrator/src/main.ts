import { openLog } from "@skyway-call-recorder/process/log.ts";
import { closeOnSignal } from "@skyway-call-recorder/process/shutdown.ts";
import { readConfiguration } from "./configuration/readConfiguration.ts";
import { RecorderError } from "./errors.ts";
import { Orchestrator } from "./orchestrator.ts";

/** Compose gives 60 s; what is not done by then is left to the next start. */
const SHUTDOWN_LIMIT_MS = 50_000;

/** Recordings are not for everybody on this host. */
process.umask(0o027);
const log = openLog("orchestrator");

try {
  const configuration = readConfiguration(process.env);
  log.level = configuration.logLevel;
  const orchestrator = await Orchestrator.start(configuration, log);
  closeOnSignal(() => orchestrator.close(SHUTDOWN_LIMIT_MS));
} catch (error) {
  log.fatal({ ...(error instanceof RecorderError && { code: error.code }) }, `cannot start: ${inOneLine(error)}`);
  process.exit(1);
}

/** What an operator reads first: what is wrong, and what to do about it. */
function inOneLine(error: unknown): string {
  if (error instanceof RecorderError) return `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
