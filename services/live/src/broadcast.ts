import { Encoder } from "./encoder.ts";
import { Mixer, SAMPLE_RATE } from "./mixer.ts";
import { ParticipantPlayer, type StreamContext } from "./participantPlayer.ts";
import { background, draw, drawEmpty } from "./picture.ts";
import type { Plan } from "./plan.ts";
import { decodedSize, tileGrid } from "./tileGrid.ts";

/**
 * Delay of the stream. Recorders write once a second, and the data must be read and decoded. Media that arrives later
 * is not shown.
 */
const DELAY_MS = 1_700;
/** A stream that starts within this time after the call began shows the call from its beginning. */
const LATE_START_MS = 3_000;
/** Maximum backlog of the encoder. Further frames are dropped, because it would not catch up. */
const WAITING_LIMIT_SECONDS = 3;

/** Composes a call's live stream at a constant frame rate: one tile per participant, and all audio mixed. */
export class Broadcast {
  readonly encoder: Encoder;
  readonly #players = new Map<string, ParticipantPlayer>();
  readonly #context: StreamContext;
  readonly #format: Pick<Plan, "width" | "height" | "frameRate">;
  /** Time in the call at which the stream begins. Unix milliseconds. */
  readonly #beganUnixMs: number;
  #frames = 0;
  #visible: string[] = [];

  /**
   * @param root mount point of the recordings volume.
   * @param report receives events for the log.
   */
  constructor(plan: Plan, root: string, report: StreamContext["report"]) {
    const { width, height, frameRate } = plan;
    this.#format = { width, height, frameRate };
    this.#beganUnixMs = beginningOf(plan, Date.now() - DELAY_MS);
    const now = () => this.#nowUnixMs;
    const size = decodedSize(plan);
    this.#context = { root, size, beganUnixMs: this.#beganUnixMs, mixer: new Mixer(), now, report };
    this.encoder = new Encoder(plan, `${root}/${plan.folder}`, report);
    this.update(plan);
  }

  /** Sets the participants who are in the call now, in the order of their tiles. */
  update({ participants }: Plan): void {
    for (const [id, player] of this.#players) {
      if (participants.some((one) => one.id === id)) continue;
      player.leave();
      this.#players.delete(id);
    }
    for (const participant of participants) {
      const player = this.#players.get(participant.id) ?? new ParticipantPlayer(this.#context);
      this.#players.set(participant.id, player);
      player.update(participant);
    }
    this.#visible = participants.filter(({ tracks }) => tracks.length > 0).map(({ id }) => id);
  }

  /** Writes all frames that are due. */
  work(): void {
    const { frameRate } = this.#format;
    const due = Math.floor(((Date.now() - DELAY_MS - this.#beganUnixMs) * frameRate) / 1000);
    while (this.#frames < due) this.#frame();
  }

  /** Whether everything up to a moment of the call has been written. Unix milliseconds. */
  hasShown(unixMs: number): boolean {
    return this.#nowUnixMs >= unixMs;
  }

  close(): Promise<number> {
    for (const player of this.#players.values()) player.leave();
    return this.encoder.end();
  }

  get #nowUnixMs(): number {
    return this.#beganUnixMs + (this.#frames * 1000) / this.#format.frameRate;
  }

  #frame(): void {
    const { frameRate } = this.#format;
    const unixMs = this.#nowUnixMs;
    this.#frames += 1;
    const sound = this.#context.mixer.take(this.#samplesUntil(this.#frames) - this.#samplesUntil(this.#frames - 1));
    const picture = this.#picture(unixMs);
    // Drop both picture and audio if the encoder is too slow, so that they stay in sync.
    if (this.encoder.waitingBytes > WAITING_LIMIT_SECONDS * frameRate * picture.length) {
      if (this.#frames % frameRate === 0) this.#context.report({ event: "overloaded" });
      return;
    }
    this.encoder.write(picture, sound);
  }

  #samplesUntil(frame: number): number {
    return Math.round((frame * SAMPLE_RATE) / this.#format.frameRate);
  }

  #picture(unixMs: number): Buffer {
    const canvas = background(this.#format);
    const tiles = tileGrid(this.#visible.length, this.#format);
    this.#visible.forEach((id, index) => {
      const tile = tiles[index];
      if (!tile) return;
      const picture = this.#players.get(id)?.video.at(unixMs, tile);
      if (picture) draw(canvas, picture, tile);
      else drawEmpty(canvas, tile);
    });
    return canvas.data;
  }
}

/** A stream that starts with its call begins at the call's start. A restarted stream continues at the present. */
function beginningOf({ participants }: Plan, nowUnixMs: number): number {
  const starts = participants.flatMap(({ tracks }) => tracks.map(({ startUnixMs }) => startUnixMs));
  const firstUnixMs = Math.min(nowUnixMs, ...starts);
  return nowUnixMs - firstUnixMs < LATE_START_MS ? firstUnixMs : nowUnixMs;
}
