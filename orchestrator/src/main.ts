import { pino } from "pino";
import { createApi } from "./api/server.ts";
import { CallBook } from "./calls/callBook.ts";
import { readConfiguration } from "./configuration/readConfiguration.ts";
import { DockerEngine } from "./engine/dockerEngine.ts";
import type { Engine, RecordingsSource } from "./engine/engine.ts";
import { asRecorderError, RecorderError } from "./errors.ts";
import { SkywayGateway } from "./gateway/skywayGateway.ts";
import type { PeerId } from "./ids.ts";
import { adoptLegs } from "./legs/adoptLegs.ts";
import { LegDesk } from "./legs/legDesk.ts";
import { recordLeg } from "./legs/recordLeg.ts";
import type { Rooms } from "./legs/rooms.ts";
import { Library } from "./library/library.ts";
import { Paths } from "./library/paths.ts";
import { PeerKeeper } from "./peers/peerKeeper.ts";
import { TokenFile } from "./peers/tokens.ts";
import { Recorders } from "./recorders/recorders.ts";

const log = pino({ name: "orchestrator" });

try {
  await start();
} catch (error) {
  const known = asRecorderError(error);
  log.fatal(
    known.code === "INTERNAL"
      ? `the orchestrator cannot start: ${error instanceof Error ? error.message : error}`
      : `the orchestrator cannot start: ${known.message}. ${known.hint}`,
  );
  process.exit(1);
}

async function start(): Promise<void> {
  const configuration = readConfiguration(process.env);
  log.level = configuration.logLevel;

  const engine = new DockerEngine(configuration.project);
  await engine.ping();
  const library = new Library(new Paths(configuration.recordingsFolder));
  const gateway = new SkywayGateway(configuration.gatewayUrl, configuration.apiKey);
  const recorders = new Recorders(engine, {
    project: configuration.project,
    image: configuration.recorderImage,
    network: configuration.recorderNetwork,
    recordings: await recordingsSource(engine, configuration),
    maxConcurrentRecorders: configuration.maxConcurrentRecorders,
    ...configuration.recorder,
  });
  const calls = new CallBook(library);
  const desk = new LegDesk();
  const preferences = { video: configuration.video.codecs, audio: configuration.audio.codecs };
  const rooms: Rooms = { calls, gateway, library, recorders, preferences, desk, log };

  await adoptLegs(rooms);

  const tokens = new TokenFile(library.paths.tokens);
  const peers = configuration.peers.map((id) => new PeerKeeper(id as PeerId, gateway, tokens, log));
  for (const peer of peers) {
    void peer.keep((call) => {
      recordLeg(peer.peerId, call, rooms).catch((error) => log.error({ err: error, call }, "a call was lost"));
    });
  }

  const health = { engine, gateway, signalingUrl: configuration.signalingUrl, library, peers };
  const client = { key: configuration.apiKey, recorderPeerId: configuration.peers[0] ?? "" };
  const api = await createApi({ calls, library, desk, health, client, log });
  await api.listen({ port: configuration.port, host: "0.0.0.0" });
  log.info({ port: configuration.port, peers: configuration.peers }, "orchestrator is up");

  process.once("SIGTERM", async () => {
    log.info({ legs: desk.size }, "ending all recordings");
    await desk.close();
    await Promise.all(peers.map((peer) => peer.close()));
    await api.close();
    process.exit(0);
  });
}

/** Recorders mount what this container has mounted itself. */
async function recordingsSource(
  engine: Engine,
  {
    recordingsFolder,
    recordingsSource: configured,
  }: { recordingsFolder: string; recordingsSource: string | undefined },
): Promise<RecordingsSource> {
  if (configured) return { type: configured.startsWith("/") ? "bind" : "volume", source: configured };
  const mounted = await engine.ownMount(recordingsFolder);
  if (mounted) return mounted;
  throw new RecorderError("STORAGE_UNAVAILABLE", `nothing is mounted at ${recordingsFolder}`);
}
