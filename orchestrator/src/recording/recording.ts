import type { Archive } from "../archive/archive.ts";
import { RecorderError } from "../errors.ts";
import type { Ground } from "../ground.ts";
import type { DataConnectionId, PeerId } from "../ids.ts";
import { DockerEngine } from "./engine/dockerEngine.ts";
import type { Engine, RecordingsSource } from "./engine/engine.ts";
import { type GatewaySettings, gatewaySources } from "./gateway/gatewaySources.ts";
import { Gateways } from "./gateway/gateways.ts";
import { legsAt } from "./gateway/legsAt.ts";
import { tellPublishedPort } from "./gateway/publishedPort.ts";
import { availableMemory } from "./host/availableMemory.ts";
import { CpuWait } from "./host/cpuWait.ts";
import { Host } from "./host/host.ts";
import { adoptLegs } from "./legs/adoptLegs.ts";
import { Dialler } from "./legs/dialler.ts";
import type { LegLimits } from "./legs/legLimits.ts";
import { LegMetrics } from "./legs/legMetrics.ts";
import type { LegServices } from "./legs/legServices.ts";
import { receiveCall } from "./legs/receiveCall.ts";
import { recordBeside } from "./legs/recordBeside.ts";
import { RunningLegs } from "./legs/runningLegs.ts";
import { PeerKeeper } from "./peers/peerKeeper.ts";
import { SharedPeer } from "./peers/sharedPeer.ts";
import { TokenFile } from "./peers/tokens.ts";
import type { FileForm } from "./recorders/codecs.ts";
import { assembleArguments } from "./recorders/commands.ts";
import { Recorders } from "./recorders/recorders.ts";

const MEBIBYTE = 1024 * 1024;

/** The part of the configuration that recording depends on. */
export interface RecordingSettings extends GatewaySettings {
  /** Compose project. */
  project: string;
  peers: readonly string[];
  /** UDP, inside the gateway's container. */
  gatewayMediaPort: number;
  recorderImage: string;
  recorderNetwork: string;
  /** Where the recordings volume is mounted here. */
  recordingsFolder: string;
  /** A volume or a folder of the host; undefined: what this container has mounted. */
  recordingsSource: string | undefined;
  recorder: { memoryMebibytes: number; cpus: number };
  maxConcurrentRecorders: number;
  maxConcurrentPerPeer: number;
  maxConcurrentPerCall: number;
  leg: Omit<LegLimits, "maxConcurrentPerPeer" | "maxConcurrentPerCall">;
  host: { minimumAvailableMebibytes: number; maximumCpuWaitMilliseconds: number };
  audio: { codecs: readonly string[]; transcode: FileForm["transcode"] };
  video: { codecs: readonly string[]; h264Container: FileForm["h264Container"] };
  tracks: FileForm["tracks"];
}

/** Calls become recordings: engine, host, gateways, peers, recorders and legs. */
export class Recording {
  readonly engine: Engine;
  readonly gateways: Gateways;
  readonly host: Host;
  readonly recorders: Recorders;
  /** The recordings volume, as containers mount it. */
  readonly source: RecordingsSource;
  readonly runningLegs = new RunningLegs();
  readonly dialler: Dialler;
  readonly peers: readonly SharedPeer[];
  readonly #cpuWait = new CpuWait();
  readonly #legServices: LegServices;
  readonly #archive: Archive;
  readonly #ground: Ground;
  #onDataConnection: (id: DataConnectionId) => void = () => undefined;

  /** @throws RecorderError when this host cannot record: no engine, no recorder image, no network, no volume. */
  static async open(settings: RecordingSettings, archive: Archive, ground: Ground): Promise<Recording> {
    const engine = new DockerEngine(settings.project);
    await engine.ping();
    await engine.require(settings.recorderImage, settings.recorderNetwork);
    return new Recording(settings, archive, ground, engine, await recordingsSource(engine, settings));
  }

  private constructor(
    settings: RecordingSettings,
    archive: Archive,
    ground: Ground,
    engine: Engine,
    source: RecordingsSource,
  ) {
    const { clock, log, metrics } = ground;
    const { calls, library, storage } = archive;
    this.#ground = ground;
    this.#archive = archive;
    this.engine = engine;
    this.source = source;
    this.gateways = new Gateways(gatewaySources(settings, clock, log));
    this.host = new Host(
      {
        minimumAvailableBytes: settings.host.minimumAvailableMebibytes * MEBIBYTE,
        maximumCpuWaitMs: settings.host.maximumCpuWaitMilliseconds,
      },
      { availableBytes: () => availableMemory(), cpuWaitMs: () => this.#cpuWait.ms },
    );
    this.recorders = new Recorders(
      engine,
      {
        project: settings.project,
        image: settings.recorderImage,
        network: settings.recorderNetwork,
        recordings: source,
        maxConcurrentRecorders: settings.maxConcurrentRecorders,
        ...settings.recorder,
        isUnordered: settings.janus !== undefined,
      },
      clock,
      {
        leaveOrder: (order) => library.leaveOrder(order.recorderId, assembleArguments(order)),
        clear: (recorderId) =>
          library.clearSpool(recorderId).catch((error) => log.warn({ err: error }, "spool not cleared")),
      },
    );
    const { maxConcurrentPerPeer, maxConcurrentPerCall, leg, audio, video, tracks } = settings;
    this.#legServices = {
      ...{ calls, clock, library, log, storage },
      runningLegs: this.runningLegs,
      form: { tracks, transcode: audio.transcode, h264Container: video.h264Container },
      gateway: this.gateways,
      host: this.host,
      limits: { maxConcurrentPerPeer, maxConcurrentPerCall, ...leg },
      metrics: new LegMetrics(metrics),
      preferences: { video: video.codecs, audio: audio.codecs },
      recordBeside: (callId, beside, media) => void recordBeside(callId, beside, media, this.#legServices),
      recorders: this.recorders,
    };
    const tokens = new TokenFile(library.paths.tokens);
    const keeperOf = (peerId: PeerId) => (address: string) => {
      const gateway = this.gateways.at(address);
      const prepare = () => tellPublishedPort(gateway, address, settings.gatewayMediaPort, engine, log);
      const isInUse = () => {
        const legs = legsAt(calls.running());
        return legs.has(address) || legs.has(undefined);
      };
      return new PeerKeeper(peerId, { gateway, address, prepare, isInUse, tokens, clock, log });
    };
    this.peers = (settings.peers as PeerId[]).map(
      (id) =>
        new SharedPeer(
          id,
          { keeperAt: keeperOf(id), legsAt: () => legsAt(calls.running()) },
          (call) => void receiveCall(id, call, this.#legServices),
          (connection) => this.#onDataConnection(connection),
        ),
    );
    this.dialler = new Dialler(this.peers, this.#legServices);
  }

  /** Adopts the legs that an earlier process left, then watches host and storage until `until` aborts. */
  async start(until: AbortSignal): Promise<void> {
    const { calls, storage } = this.#archive;
    const { clock, log } = this.#ground;
    await adoptLegs(this.#legServices);
    until.addEventListener("abort", this.#cpuWait.start());
    const onFull = () => this.runningLegs.stopAll("storage_full");
    const onWell = () => void calls.catchUp().catch(() => undefined); // retried in a second
    void storage.watch({ onFull, onWell }, clock, log, until);
    void this.recorders.watchSlots(clock, until);
  }

  /** Registers the peers at every gateway, so that calls arrive, until `until` aborts. */
  takeCalls(onDataConnection: (id: DataConnectionId) => void, until: AbortSignal): void {
    this.#onDataConnection = onDataConnection;
    const keepPeers = (present: readonly string[]) => {
      for (const peer of this.peers) peer.keepAt(present);
    };
    void this.gateways.watch(keepPeers, this.#ground.clock, this.#ground.log, until);
  }

  /**
   * Takes no more calls, ends running recordings in order, and leaves the gateways.
   *
   * @param limitMs how long this may take; recordings that are not kept by then stay in the spool for the next start.
   */
  async close(limitMs: number): Promise<void> {
    const { clock, log } = this.#ground;
    log.info({ legs: this.runningLegs.size }, "ending all recordings");
    for (const peer of this.peers) peer.stop();
    const timeUp = clock.sleep(limitMs);
    const done = await this.runningLegs.close(timeUp);
    await Promise.race([this.recorders.swept(), timeUp]);
    if (!done) log.warn({ legs: this.runningLegs.size }, "left for the next start");
    await Promise.all(this.peers.map((peer) => peer.remove()));
  }
}

async function recordingsSource(
  engine: Engine,
  { recordingsFolder, recordingsSource: configured }: RecordingSettings,
): Promise<RecordingsSource> {
  if (configured) return { type: configured.startsWith("/") ? "bind" : "volume", source: configured };
  const mounted = await engine.ownMount(recordingsFolder);
  if (mounted) return mounted;
  throw new RecorderError("STORAGE_UNAVAILABLE", `nothing is mounted at ${recordingsFolder}`);
}
