import { openLog } from "@skyway-call-recorder/process/log.ts";
import { closeOnSignal } from "@skyway-call-recorder/process/shutdown.ts";
import { ConfigurationError, readConfiguration } from "./configuration.ts";
import { startSignaling } from "./server.ts";

try {
  const configuration = readConfiguration(process.env);
  const log = openLog("signaling", configuration.logLevel);
  const signaling = await startSignaling(configuration, log);
  log.info({ port: signaling.port, internalPort: signaling.internalPort }, "signaling is up");

  closeOnSignal(async (signal) => {
    log.info({ signal }, "signaling is stopping");
    await signaling.close();
  });
} catch (error) {
  if (!(error instanceof ConfigurationError) && !isListenError(error)) throw error;
  process.stderr.write(`signaling cannot start: ${error.message}\n`);
  process.exitCode = 1;
}

/** For example a port that is in use, or an address of another host. */
function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && error.syscall === "listen";
}
