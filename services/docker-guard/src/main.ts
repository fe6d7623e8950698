import { openLog } from "@skyway-call-recorder/process/log.ts";
import { closeOnSignal } from "@skyway-call-recorder/process/shutdown.ts";
import { readConfiguration } from "./configuration.ts";
import { Engine } from "./engine.ts";
import { engineUnreachable } from "./engineWatch.ts";
import { createGuard } from "./guard.ts";
import { Metrics } from "./metrics.ts";
import { OpenRequests } from "./openRequests.ts";
import { Ownership } from "./ownership.ts";

const log = openLog("docker-guard");

try {
  await start();
} catch (error) {
  log.fatal(`docker-guard cannot start: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const configuration = readConfiguration(process.env);
  log.level = configuration.logLevel;
  const engine = new Engine(configuration.socketPath);
  await engine.ping();
  const openRequests = new OpenRequests();
  const metrics = new Metrics(openRequests);
  const ownership = new Ownership(engine, configuration);
  openRequests.limit = (await ownership.capacity()).openRequests;
  const guard = createGuard(engine, ownership, openRequests, metrics, log);
  const metricsServer = metrics.server().listen(configuration.metricsPort, "0.0.0.0");
  guard.listen(configuration.port, "0.0.0.0", () =>
    log.info({ port: configuration.port }, "guarding the Docker socket"),
  );
  void engineUnreachable(() => engine.ping()).then(() => {
    log.fatal(
      { socket: configuration.socketPath },
      "the Docker engine does not answer, or has a new socket: exiting to be restarted",
    );
    process.exit(1); // the restart policy starts this container again
  });

  closeOnSignal(async () => {
    metricsServer.close();
    guard.close();
    guard.closeAllConnections();
    await engine.close().catch(() => undefined);
  });
}
