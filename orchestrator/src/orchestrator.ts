import { availableParallelism } from "node:os";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { Access } from "./access/access.ts";
import { createApi } from "./api/server.ts";
import { CallBook } from "./calls/callBook.ts";
import { ChatConnections } from "./chat/chatConnections.ts";
import { ChatFile } from "./chat/chatFile.ts";
import { ChatKeeper } from "./chat/chatKeeper.ts";
import { wayFrom } from "./chat/dataSocket.ts";
import { systemClock } from "./clock.ts";
import type { Configuration } from "./configuration/readConfiguration.ts";
import { DockerEngine } from "./engine/dockerEngine.ts";
import type { Engine, RecordingsSource } from "./engine/engine.ts";
import { RecorderError } from "./errors.ts";
import { FilmDirector } from "./film/filmDirector.ts";
import { FilmKind } from "./film/filmJob.ts";
import { gatewayUrl } from "./gateway/gatewayAddresses.ts";
import { gatewaySources } from "./gateway/gatewaySources.ts";
import { Gateways } from "./gateway/gateways.ts";
import { legsAt } from "./gateway/legsAt.ts";
import { gatewayOf } from "./gateway/placedId.ts";
import { tellPublishedPort } from "./gateway/publishedPort.ts";
import { checkHealth } from "./health.ts";
import { availableMemory } from "./host/availableMemory.ts";
import { CpuWait } from "./host/cpuWait.ts";
import { Host } from "./host/host.ts";
import type { PeerId } from "./ids.ts";
import { isJobOver } from "./jobs/job.ts";
import { JobBook } from "./jobs/jobBook.ts";
import { JobFiles } from "./jobs/jobFiles.ts";
import { Jobs } from "./jobs/jobs.ts";
import { adoptLegs } from "./legs/adoptLegs.ts";
import { Dialler } from "./legs/dialler.ts";
import { LegDesk } from "./legs/legDesk.ts";
import { receiveCall } from "./legs/receiveCall.ts";
import type { Rooms } from "./legs/rooms.ts";
import { Library } from "./library/library.ts";
import { Paths } from "./library/paths.ts";
import { Storage } from "./library/storage.ts";
import { LiveDirector } from "./live/liveDirector.ts";
import { LiveKind } from "./live/liveJob.ts";
import { measureJobs } from "./metrics/jobMetrics.ts";
import { Metrics } from "./metrics/metrics.ts";
import { PeerKeeper } from "./peers/peerKeeper.ts";
import { SharedPeer } from "./peers/sharedPeer.ts";
import { TokenFile } from "./peers/tokens.ts";
import { PreviewDirector } from "./previews/previewDirector.ts";
import { PreviewKind } from "./previews/previewJob.ts";
import { assembleArguments } from "./recorders/commands.ts";
import { Recorders } from "./recorders/recorders.ts";
import { Sweeper } from "./recorders/sweeper.ts";
import { Retention } from "./retention/retention.ts";
import { Uploads } from "./upload/uploads.ts";
import { Outbox } from "./webhooks/outbox.ts";
import { WebhookMetrics } from "./webhooks/webhookMetrics.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

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
      way: (id) => wayFrom(gatewayUrl(configuration, gatewayOf(id))),
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
