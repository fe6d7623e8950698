import { Encoder } from "./encoder.ts";
import { Guest, type Surroundings } from "./guest.ts";
import { Mixer, SAMPLE_RATE } from "./mixer.ts";
import { background, draw, drawEmpty } from "./picture.ts";
import type { Plan } from "./plan.ts";
import { decodedSize, seats } from "./seats.ts";

/**
 * What is shown happened so long ago: recorders write a second at a time, which has to be read and decoded, and what
 * comes later than this is not shown.
 */
const BEHIND_MS = 1_700;
/** How much of a call may have gone by when its stream begins with it. */
const BEGINNING_MS = 3_000;
/** An encoder that is further behind has no hope of catching up by itself: what waits is as much as it may fall short. */
const WAITING_LIMIT_SECONDS = 3;

/** The call as it happens: everybody's picture in their seat and everybody's sound, at one steady rate. */
export class Broadcast {
  readonly encoder: Encoder;
  readonly #guests = new Map<string, Guest>();
  readonly #surroundings: Surroundings;
  readonly #format: Pick<Plan, "width" | "height" | "frameRate">;
  /** Unix milliseconds of the call. */
  readonly #beganUnixMs: number;
  #frames = 0;
  #seated: string[] = [];

  /**
   * @param root where the recordings volume is mounted.
   * @param say what is worth telling, for the log.
   */
  constructor(plan: Plan, root: string, say: Surroundings["say"]) {
    const { width, height, frameRate } = plan;
    this.#format = { width, height, frameRate };
    this.#beganUnixMs = beginningOf(plan, Date.now() - BEHIND_MS);
    const now = () => this.#nowUnixMs;
    const size = decodedSize(plan);
    this.#surroundings = { root, size, beganUnixMs: this.#beganUnixMs, mixer: new Mixer(), now, say };
    this.encoder = new Encoder(plan, `${root}/${plan.folder}`, say);
    this.update(plan);
  }

  /** Who is there now, in the order of their seats. */
  update({ participants }: Plan): void {
    for (const [id, guest] of this.#guests) {
      if (participants.some((one) => one.id === id)) continue;
      guest.leave();
      this.#guests.delete(id);
    }
    for (const participant of participants) {
      const guest = this.#guests.get(participant.id) ?? new Guest(this.#surroundings);
      this.#guests.set(participant.id, guest);
      guest.update(participant);
    }
    this.#seated = participants.filter(({ tracks }) => tracks.length > 0).map(({ id }) => id);
  }

  /** Writes all that is due by now. */
  work(): void {
    const { frameRate } = this.#format;
    const due = Math.floor(((Date.now() - BEHIND_MS - this.#beganUnixMs) * frameRate) / 1000);
    while (this.#frames < due) this.#frame();
  }

  /** Whether everything up to a moment of the call has been written. Unix milliseconds. */
  hasShown(unixMs: number): boolean {
    return this.#nowUnixMs >= unixMs;
  }

  close(): Promise<number> {
    for (const guest of this.#guests.values()) guest.leave();
    return this.encoder.end();
  }

  get #nowUnixMs(): number {
    return this.#beganUnixMs + (this.#frames * 1000) / this.#format.frameRate;
  }

  #frame(): void {
    const { frameRate } = this.#format;
    const unixMs = this.#nowUnixMs;
    this.#frames += 1;
    const sound = this.#surroundings.mixer.take(
      this.#samplesUntil(this.#frames) - this.#samplesUntil(this.#frames - 1),
    );
    const picture = this.#picture(unixMs);
    // What an encoder cannot do in time is left out of both, so that they stay together.
    if (this.encoder.waitingBytes > WAITING_LIMIT_SECONDS * frameRate * picture.length) {
      if (this.#frames % frameRate === 0) this.#surroundings.say({ event: "overloaded" });
      return;
    }
    this.encoder.write(picture, sound);
  }

  #samplesUntil(frame: number): number {
    return Math.round((frame * SAMPLE_RATE) / this.#format.frameRate);
  }

  #picture(unixMs: number): Buffer {
    const whole = background(this.#format);
    const places = seats(this.#seated.length, this.#format);
    this.#seated.forEach((id, index) => {
      const seat = places[index];
      if (!seat) return;
      const picture = this.#guests.get(id)?.screen.at(unixMs, seat);
      if (picture) draw(whole, picture, seat);
      else drawEmpty(whole, seat);
    });
    return whole.data;
  }
}

/** A stream that begins with its call shows its beginning; one that is begun anew goes on where the call is. */
function beginningOf({ participants }: Plan, nowUnixMs: number): number {
  const starts = participants.flatMap(({ tracks }) => tracks.map(({ startUnixMs }) => startUnixMs));
  const firstUnixMs = Math.min(nowUnixMs, ...starts);
  return nowUnixMs - firstUnixMs < BEGINNING_MS ? firstUnixMs : nowUnixMs;
}
