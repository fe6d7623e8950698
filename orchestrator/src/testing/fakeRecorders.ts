import type { Assembly } from "../recording/recorders/assembly.ts";
import type { AssemblyOrder } from "../recording/recorders/commands.ts";
import type { DecodedEnd } from "../recording/recorders/decodedEnd.ts";
import type { EndedTrack } from "../recording/recorders/events.ts";
import type { RecorderSpec, Recorders } from "../recording/recorders/recorders.ts";
import { type RedirectTargets, redirectTo } from "../recording/recorders/redirect.ts";
import type { FinishedRecorder, StartedRecorder } from "../recording/recorders/startedRecorder.ts";

const FIRST_PORT = 20_000;

/** Fake recorders, controlled by a test. */
export class FakeRecorders implements Partial<Recorders> {
  taking: Error | undefined;
  reserving: Error | undefined;
  /** If set, recorders start when it resolves. */
  started: Promise<unknown> | undefined;
  /** The assembly that the recorder itself made of its tracks. */
  assembly: Assembly | undefined;
  /** How the programs that recorded the tracks ended. */
  ended: EndedTrack[] = [];
  exitCode = 0;
  /** Whether recorders end because of the media that they receive. */
  refusedMedia = false;
  /** What a decoder can read of the files. */
  decoded: DecodedEnd[] = [];
  assembling: (Error | undefined | "no media")[] = [];
  readonly taken: RecorderSpec[] = [];
  /** Where media is sent to the recorders that were taken. */
  readonly redirects: RedirectTargets[] = [];
  /** Ends the newest recorder during its call. */
  lose: () => void = () => undefined;
  readonly finished: { byeExpected: boolean }[] = [];
  readonly orders: AssemblyOrder[] = [];

  /** Slots that are kept for recorders that have not started. */
  readonly reserved = new Set<string>();

  async reserve(recorderId: string): Promise<void> {
    if (this.reserving) throw this.reserving;
    this.reserved.add(recorderId);
  }

  release(recorderId: string): void {
    this.reserved.delete(recorderId);
  }

  async take(spec: RecorderSpec): Promise<StartedRecorder> {
    await this.started;
    this.reserved.delete(spec.recorderId);
    if (this.taking) throw this.taking;
    this.taken.push(spec);
    const redirect = redirectTo(`192.0.2.${6 + this.taken.length}`, FIRST_PORT);
    this.redirects.push(redirect);
    return {
      recorderId: spec.recorderId,
      redirect,
      exit: new Promise(() => undefined),
      recorded: new Promise<void>((resolve) => {
        this.lose = resolve;
      }),
      finish: async (byeExpected: boolean): Promise<FinishedRecorder> => {
        this.finished.push({ byeExpected });
        return {
          recorderId: spec.recorderId,
          exitCode: this.exitCode,
          stderrTail: "",
          ended: this.ended,
          refusedMedia: this.refusedMedia,
          assembly: this.assembly,
        };
      },
    } as StartedRecorder;
  }

  async find(): Promise<Map<string, StartedRecorder>> {
    return new Map();
  }

  async removeAssemblers(): Promise<void> {}

  async swept(): Promise<void> {}

  async assemble(order: AssemblyOrder): Promise<Assembly> {
    this.orders.push(order);
    const result = this.assembling.shift();
    if (result === "no media") return { probed: undefined, gapSeconds: 0 };
    if (result) throw result;
    return { probed: "{}", gapSeconds: 0, decoded: this.decoded };
  }
}
