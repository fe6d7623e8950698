import { availableParallelism } from "node:os";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { CallBook } from "./archive/calls/callBook.ts";
import { Library } from "./archive/library/library.ts";
import { Paths } from "./archive/library/paths.ts";
import { Storage } from "./archive/library/storage.ts";
import { systemClock } from "./clock.ts";
import type { Configuration } from "./configuration/readConfiguration.ts";
import { RecorderError } from "./errors.ts";
import { FilmDirector } from "./follow-up/film/filmDirector.ts";
import { FilmKind } from "./follow-up/film/filmJob.ts";
import { isJobOver } from "./follow-up/jobs/job.ts";
import { JobBook } from "./follow-up/jobs/jobBook.ts";
import { JobFiles } from "./follow-up/jobs/jobFiles.ts";
import { Jobs } from "./follow-up/jobs/jobs.ts";
import { LiveDirector } from "./follow-up/live/liveDirector.ts";
import { LiveKind } from "./follow-up/live/liveJob.ts";
import { PreviewDirector } from "./follow-up/previews/previewDirector.ts";
import { PreviewKind } from "./follow-up/previews/previewJob.ts";
import { Retention } from "./follow-up/retention/retention.ts";
import { Uploads } from "./follow-up/upload/uploads.ts";
import type { PeerId } from "./ids.ts";
import { Access } from "./outside/access/access.ts";
import { createApi } from "./outside/api/server.ts";
import { ChatConnections } from "./outside/chat/chatConnections.ts";
import { ChatFile } from "./outside/chat/chatFile.ts";
import { ChatKeeper } from "./outside/chat/chatKeeper.ts";
import { networkPathTo } from "./outside/chat/dataSocket.ts";
import { checkHealth } from "./outside/health.ts";
import { measureJobs } from "./outside/metrics/jobMetrics.ts";
import { Metrics } from "./outside/metrics/metrics.ts";
import { Outbox } from "./outside/webhooks/outbox.ts";
import { WebhookMetrics } from "./outside/webhooks/webhookMetrics.ts";
import { Webhooks } from "./outside/webhooks/webhooks.ts";
import { DockerEngine } from "./recording/engine/dockerEngine.ts";
import type { Engine, RecordingsSource } from "./recording/engine/engine.ts";
import { gatewayUrl } from "./recording/gateway/gatewayAddresses.ts";
import { gatewaySources } from "./recording/gateway/gatewaySources.ts";
import { Gateways } from "./recording/gateway/gateways.ts";
import { legsAt } from "./recording/gateway/legsAt.ts";
import { gatewayOf } from "./recording/gateway/placedId.ts";
import { tellPublishedPort } from "./recording/gateway/publishedPort.ts";
import { availableMemory } from "./recording/host/availableMemory.ts";
import { CpuWait } from "./recording/host/cpuWait.ts";
import { Host } from "./recording/host/host.ts";
import { adoptLegs } from "./recording/legs/adoptLegs.ts";
import { Dialler } from "./recording/legs/dialler.ts";
import { LegDesk } from "./recording/legs/legDesk.ts";
import { receiveCall } from "./recording/legs/receiveCall.ts";
import type { Rooms } from "./recording/legs/rooms.ts";
import { PeerKeeper } from "./recording/peers/peerKeeper.ts";
import { SharedPeer } from "./recording/peers/sharedPeer.ts";
import { TokenFile } from "./recording/peers/tokens.ts";
import { assembleArguments } from "./recording/recorders/commands.ts";
import { Recorders } from "./recording/recorders/recorders.ts";
import { Sweeper } from "./recording/recorders/sweeper.ts";

const MEBIBYTE = 1024 * 1024;

/** All rooms of this process, put together. */
export class Orchestrator {
  readonly rooms: Rooms;
  readonly #peers: readonly SharedPeer[];
  readonly #api: FastifyInstance;
  readonly #jobs: Jobs;
  /** Aborts when what goes on beside the calls is to end. */
  readonly #over: AbortController;
  readonly #webhooks: Webhooks;
  #closed: Promise<void> | undefined;

  private constructor(
    rooms: Rooms,
    peers: readonly SharedPeer[],
    api: FastifyInstance,
    over: AbortController,
    webhooks: Webhooks,
    jobs: Jobs,
  ) {
    this.rooms = rooms;
    this.#peers = peers;
    this.#api = api;
    this.#jobs = jobs;
    this.#over = over;
    this.#webhooks = webhooks;
  }

  /**
   * Takes up what an earlier life left, then takes calls.
   *
   * @throws RecorderError when this host cannot record: no engine, no recorder image, no network, no volume.
   */
  static async start(configuration: Configuration, log: Logger): Promise<Orchestrator> {
    const engine = new DockerEngine(configuration.project);
    await engine.ping();
    await engine.require(configuration.recorderImage, configuration.recorderNetwork);
    const recordings = await recordingsSource(engine, configuration);

    const clock = systemClock;
    const library = new Library(new Paths(configuration.recordingsFolder), log);
    const gateways = new Gateways(gatewaySources(configuration, clock, log));
    const cpuWait = new CpuWait();
    const host = new Host(
      {
        minimumAvailableBytes: configuration.host.minimumAvailableMebibytes * MEBIBYTE,
        maximumCpuWaitMs: configuration.host.maximumCpuWaitMilliseconds,
      },
      { availableBytes: () => availableMemory(), cpuWaitMs: () => cpuWait.ms },
    );
    const storage = new Storage(library, configuration.storage.minimumFreeMebibytes * MEBIBYTE);
    const calls = new CallBook(library, clock);
    const desk = new LegDesk();
    const recorders = new Recorders(
      engine,
      {
        project: configuration.project,
        image: configuration.recorderImage,
        network: configuration.recorderNetwork,
        recordings,
        maxConcurrentRecorders: configuration.maxConcurrentRecorders,
        ...configuration.recorder,
        isUnordered: configuration.janus !== undefined,
      },
      clock,
      {
        leaveOrder: (order) => library.leaveOrder(order.recorderId, assembleArguments(order)),
        clear: (recorderId) =>
          library.clearSpool(recorderId).catch((error) => log.warn({ err: error }, "spool not cleared")),
      },
    );
    const preferences = { video: configuration.video.codecs, audio: configuration.audio.codecs };
    const form = {
      tracks: configuration.tracks,
      transcode: configuration.audio.transcode,
      h264Container: configuration.video.h264Container,
    };

    const tokens = new TokenFile(library.paths.tokens);
    const keeperOf = (peerId: PeerId) => (address: string) => {
      const gateway = gateways.at(address);
      const prepare = () => tellPublishedPort(gateway, address, configuration.gatewayMediaPort, engine, log);
      return new PeerKeeper(peerId, { gateway, address, prepare, tokens, clock, log });
    };
    const peers = (configuration.peers as PeerId[]).map(
      (id) =>
        new SharedPeer(
          id,
          { keeperAt: keeperOf(id), legsAt: () => legsAt(calls.running()) },
          (call) => void receiveCall(id, call, rooms),
          (connection) => void chat.follow(connection),
        ),
    );
    const health = { engine, gateways, host, signalingUrl: configuration.signalingUrl, storage, peers };
    const metrics = new Metrics({
      calls,
      clock,
      recorders,
      freeBytes: async () => (await library.checkWritable()).freeBytes,
      minimumFreeBytes: storage.minimumFreeBytes,
      host,
      gateways,
      health: () => checkHealth(health),
    });
    const { maxConcurrentPerPeer, maxConcurrentPerCall, leg } = configuration;
    const limits = { maxConcurrentPerPeer, maxConcurrentPerCall, ...leg };
    const rooms: Rooms = {
      calls,
      clock,
      desk,
      form,
      gateway: gateways,
      host,
      library,
      limits,
      log,
      metrics,
      preferences,
      recorders,
      storage,
    };
    const webhooks = await Webhooks.start({
      endpoints: configuration.webhooks,
      outbox: new Outbox(library.paths.webhooks, log),
      metrics: new WebhookMetrics(metrics.registry),
      ...{ calls, clock, log },
    });
    const { concurrent, whileRecordingAtMost, cpuShares, memoryMebibytes } = configuration.jobs;
    const jobs = new Jobs({
      ...{ engine, clock, sweeper: new Sweeper(engine, clock) },
      book: new JobBook({ clock, files: new JobFiles(library.paths, log), log }),
      defaults: {
        project: configuration.project,
        image: configuration.recorderImage,
        recordings,
        ...{ cpuShares, memoryMebibytes },
        cpus: Math.min(configuration.jobs.cpus, availableParallelism()), // the engine refuses more
      },
      rules: { concurrent, whileRecordingAtMost },
      legsRecording: () => recorders.running,
    });
    const uploads = new Uploads(configuration.upload, { calls, clock, jobs, log, paths: library.paths, webhooks });
    const film = new FilmDirector(configuration.film, { calls, clock, jobs, log });
    jobs.register(new FilmKind({ calls, clock, library, storage }));
    const previews = new PreviewDirector(configuration.previews, { calls, clock, jobs, log });
    jobs.register(new PreviewKind({ calls, library, storage }));
    const live = new LiveDirector(configuration.live, { calls, clock, jobs, log });
    const { liveImage: image, liveNetwork: network } = configuration;
    const shown = { calls, clock, paths: library.paths };
    const streams = image ? new LiveKind(configuration.live, { ...shown, image, network }) : undefined;
    if (streams) jobs.register(streams);
    const chat = new ChatKeeper({
      ...{ calls, clock, gateway: gateways, log },
      connections: new ChatConnections(library.paths.chatConnections),
      file: new ChatFile(library.paths),
      networkPath: (id) => networkPathTo(gatewayUrl(configuration, gatewayOf(id))),
    });
    measureJobs(jobs.book, jobs.kinds, metrics.registry);
    const client = { key: configuration.apiKey, recorderPeerId: configuration.peers[0] ?? "" };
    const access = new Access(configuration.apiToken, clock);
    const { app: api } = await createApi({
      dialler: new Dialler(peers, rooms),
      ...{ access, calls, clock, library, desk, health, client, jobs, log, uploads, webhooks },
      metrics: metrics.registry,
    });

    const retention = new Retention(configuration.retention, {
      ...{ calls, clock, desk, jobs, library, log, uploads, webhooks },
      metrics: metrics.registry,
      isSafe: async (manifest) => jobs.book.ofCall(manifest.id).every(isJobOver) && uploads.isSafe(manifest),
    });

    await adoptLegs(rooms);
    await jobs.start();
    await streams?.sweep(jobs.book.all().flatMap((job) => (isJobOver(job) ? [] : [job.callId])));
    void uploads.start(); // it looks at every call, which may be many
    await film.watch();
    await previews.watch();
    const over = new AbortController();
    over.signal.addEventListener("abort", cpuWait.start());
    void retention.watch(over.signal);
    void live.watch(over.signal);
    const onFull = () => desk.stopAll("storage_full");
    const onWell = () => void calls.catchUp().catch(() => undefined); // in a second again
    void storage.watch({ onFull, onWell }, clock, log, over.signal);
    await chat.start();
    const keepPeers = (present: readonly string[]) => {
      for (const peer of peers) peer.keepAt(present);
    };
    void gateways.watch(keepPeers, clock, log, over.signal);
    over.signal.addEventListener("abort", () => chat.stop());
    await api.listen({ port: configuration.port, host: "0.0.0.0" });
    log.info({ port: configuration.port, peers: configuration.peers }, "orchestrator is up");
    return new Orchestrator(rooms, peers, api, over, webhooks, jobs);
  }

  /**
   * Takes no more calls, ends running recordings in order, and leaves the gateway.
   *
   * @param limitMs what is not kept by then stays in the spool for the next start.
   */
  close(limitMs: number): Promise<void> {
    this.#closed ??= this.#close(limitMs);
    return this.#closed;
  }

  async #close(limitMs: number): Promise<void> {
    const { clock, desk, log, recorders } = this.rooms;
    log.info({ legs: desk.size }, "ending all recordings");
    for (const peer of this.#peers) peer.stop();
    const timeUp = clock.sleep(limitMs);
    const done = await desk.close(timeUp);
    await Promise.race([recorders.swept(), timeUp]);
    if (!done) log.warn({ legs: desk.size }, "left for the next start");
    await Promise.all(this.#peers.map((peer) => peer.remove()));
    this.#over.abort();
    await this.#webhooks.close();
    await this.#jobs.close();
    await this.#api.close();
    log.info("orchestrator is down");
  }
}

/** Recorders mount what this container has mounted itself. */
async function recordingsSource(
  engine: Engine,
  { recordingsFolder, recordingsSource: configured }: Configuration,
): Promise<RecordingsSource> {
  if (configured) return { type: configured.startsWith("/") ? "bind" : "volume", source: configured };
  const mounted = await engine.ownMount(recordingsFolder);
  if (mounted) return mounted;
  throw new RecorderError("STORAGE_UNAVAILABLE", `nothing is mounted at ${recordingsFolder}`);
}
