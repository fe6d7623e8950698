import { pino } from "pino";
import { readConfiguration } from "./configuration.ts";
import { startSignaling } from "./server.ts";

const log = pino({ name: "signaling" });

try {
  const configuration = readConfiguration(process.env);
  log.level = configuration.logLevel;
  const app = await startSignaling(configuration, log);
  log.info({ port: configuration.port }, "signaling is up");
  process.once("SIGTERM", () => void app.close().then(() => process.exit(0)));
} catch (error) {
  log.fatal(`signaling cannot start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
