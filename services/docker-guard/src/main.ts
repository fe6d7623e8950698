import { pino } from "pino";
import { readConfiguration } from "./configuration.ts";
import { Engine } from "./engine.ts";
import { createGuard } from "./guard.ts";
import { Ownership } from "./ownership.ts";

const configuration = readConfiguration(process.env);
const log = pino({ name: "docker-guard", level: configuration.logLevel });
const engine = new Engine(configuration.socketPath);
const guard = createGuard(engine, new Ownership(engine, configuration), log);

guard.listen(configuration.port, "0.0.0.0", () => log.info({ port: configuration.port }, "guarding the Docker socket"));

process.once("SIGTERM", () => {
  guard.close();
  guard.closeAllConnections();
  void engine.close().finally(() => process.exit(0));
});
