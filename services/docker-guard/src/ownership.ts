import { type Capacity, readCapacity } from "./capacity.ts";
import type { Configuration } from "./configuration.ts";
import type { Engine, InspectedContainer } from "./engine.ts";
import { Refusal } from "./errors.ts";
import type { LiveFacts } from "./liveShape.ts";
import type { ShapeFacts } from "./recorderShape.ts";
import type { UploaderFacts } from "./uploaderShape.ts";

const PROJECT_LABEL = "io.skyway-call-recorder.project";
const COMPOSE_PROJECT = "com.docker.compose.project";
const COMPOSE_SERVICE = "com.docker.compose.service";
/** The orchestrator reads its own mounts, and the address of the recorders. */
const READABLE_SERVICES: ReadonlySet<string | undefined> = new Set(["orchestrator", "recorder-network"]);
const GATEWAY_SERVICE = "skyway-webrtc-gateway";

/** Decides which containers belong to this bundle, and collects the values that a new container must have. */
export class Ownership {
  readonly #engine: Engine;
  readonly #project: string;
  readonly #image: string;
  readonly #transcoder: string;
  readonly #network: string;
  readonly #uploader: Configuration["uploader"];
  readonly #live: Configuration["live"];
  readonly #configFile: string | undefined;
  readonly #maxConcurrentRecorders: number | undefined;

  constructor(
    engine: Engine,
    names: Pick<Configuration, "project" | "recorderImage" | "transcoderImage" | "recorderNetwork"> &
      Partial<Configuration>,
  ) {
    this.#engine = engine;
    this.#project = names.project;
    this.#image = names.recorderImage;
    this.#transcoder = names.transcoderImage;
    this.#network = names.recorderNetwork;
    this.#uploader = names.uploader;
    this.#live = names.live;
    this.#configFile = names.configFile;
    this.#maxConcurrentRecorders = names.maxConcurrentRecorders;
  }

  /** The label of every container of this bundle, in the engine's filter syntax. */
  get labelFilter(): string {
    return `${PROJECT_LABEL}=${this.#project}`;
  }

  /** The Compose labels that identify the gateways' containers. */
  get gatewayLabels(): readonly string[] {
    return [`${COMPOSE_PROJECT}=${this.#project}`, `${COMPOSE_SERVICE}=${GATEWAY_SERVICE}`];
  }

  ownsImage(reference: string): boolean {
    return [this.#image, this.#transcoder, this.#uploader?.image, this.#live?.image].includes(reference);
  }

  /**
   * @returns the container's full id, so that the request acts on the container that was checked; undefined if there is
   *   no such container.
   * @throws Refusal NOT_OURS if the container does not belong to this bundle.
   */
  async containerId(reference: string, reading: boolean): Promise<string | undefined> {
    const inspected = await this.#engine.container(reference);
    if (!inspected) return undefined;
    if (this.#isRecorder(inspected) || (reading && this.#isReadable(inspected))) return inspected.Id;
    throw new Refusal("NOT_OURS", `the container ${reference} is not one of this bundle's recorders`);
  }

  get project(): string {
    return this.#project;
  }

  /** What the operator's configuration allows. */
  capacity(): Promise<Capacity> {
    return readCapacity(this.#configFile, this.#maxConcurrentRecorders);
  }

  /**
   * @param creating containers that are being created, with this one.
   * @throws Refusal TOO_MANY_CONTAINERS if this bundle has as many containers as it may have.
   */
  async checkCount(creating: number): Promise<void> {
    const { containers } = await this.capacity();
    const existing = await this.#engine.containersLabelled([this.labelFilter]);
    if (existing.length + creating > containers) {
      throw new Refusal(
        "TOO_MANY_CONTAINERS",
        `this bundle already has ${existing.length} of ${containers} containers`,
      );
    }
  }

  /** @throws Refusal SHAPE_NOT_ALLOWED if the image or the recordings volume cannot be found. */
  async shapeFacts(): Promise<ShapeFacts> {
    const [imageId, orchestrators] = await Promise.all([
      this.#engine.imageId(this.#image),
      this.#engine.containersLabelled([`${COMPOSE_PROJECT}=${this.#project}`, `${COMPOSE_SERVICE}=orchestrator`]),
    ]);
    if (!imageId) throw new Refusal("SHAPE_NOT_ALLOWED", `the recorder image ${this.#image} is not on this host`);
    const inspected = await Promise.all(orchestrators.map((id) => this.#engine.container(id)));
    const mount = inspected.flatMap((one) => one?.Mounts ?? []).find((one) => one.Destination === "/recordings");
    if (!mount) throw new Refusal("SHAPE_NOT_ALLOWED", "no orchestrator with a mount at /recordings was found");
    const recordings =
      mount.Type === "volume"
        ? ({ type: "volume", source: mount.Name ?? "" } as const)
        : ({ type: "bind", source: mount.Source } as const);
    const { recorderBytes, jobBytes } = await this.capacity();
    return { project: this.#project, imageId, network: this.#network, recordings, recorderBytes, jobBytes };
  }

  /** undefined if the image does not exist. */
  transcoderImageId(): Promise<string | undefined> {
    return this.#engine.imageId(this.#transcoder);
  }

  /** undefined if uploads are disabled or the image does not exist. */
  async uploaderFacts(): Promise<UploaderFacts | undefined> {
    if (!this.#uploader) return undefined;
    const { image, network, configuration } = this.#uploader;
    const imageId = await this.#engine.imageId(image);
    return imageId ? { imageId, network, configuration } : undefined;
  }

  /** undefined if live streams are disabled or the image does not exist. */
  async liveFacts(): Promise<LiveFacts | undefined> {
    if (!this.#live) return undefined;
    const { image, network } = this.#live;
    const imageId = await this.#engine.imageId(image);
    return imageId ? { imageId, network } : undefined;
  }

  #isRecorder(container: InspectedContainer): boolean {
    return container.Config.Labels?.[PROJECT_LABEL] === this.#project;
  }

  #isReadable(container: InspectedContainer): boolean {
    const labels = container.Config.Labels ?? {};
    return labels[COMPOSE_PROJECT] === this.#project && READABLE_SERVICES.has(labels[COMPOSE_SERVICE]);
  }
}
