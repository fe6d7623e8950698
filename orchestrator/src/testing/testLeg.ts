import { pino } from "pino";
import { Registry } from "prom-client";
import { CallBook } from "../archive/calls/callBook.ts";
import { Library } from "../archive/library/library.ts";
import type { Manifest } from "../archive/library/manifest.ts";
import { Paths } from "../archive/library/paths.ts";
import { Storage } from "../archive/library/storage.ts";
import type { Gateway } from "../recording/gateway/gateway.ts";
import { LegMetrics } from "../recording/legs/legMetrics.ts";
import type { LegServices } from "../recording/legs/legServices.ts";
import { recordBeside } from "../recording/legs/recordBeside.ts";
import { RunningLegs } from "../recording/legs/runningLegs.ts";
import type { Recorders } from "../recording/recorders/recorders.ts";
import type { ManualClock } from "./manualClock.ts";

export interface TestRooms extends LegServices {
  library: FakeLibrary;
  /** Log lines of level warn and above. */
  warnings: { code?: string; msg: string }[];
}

/** A fake volume, because real files take time that a manual clock does not control. */
export class FakeLibrary extends Library {
  /** If set, every write throws it. */
  trouble: Error | undefined;
  freeBytes = 1e9;
  /** Whether recorders see the same volume. */
  isShared = true;
  lastWrittenAt: Date | undefined;
  readonly written: Manifest[] = [];

  override async writeManifest(manifest: Manifest): Promise<void> {
    if (this.trouble) throw this.trouble;
    this.written.push(manifest);
  }

  override async checkWritable(): Promise<{ freeBytes: number }> {
    if (this.trouble) throw this.trouble;
    return { freeBytes: this.freeBytes };
  }

  override async unassembledBytes(): Promise<number> {
    return 0;
  }

  override async hasTracksOf(): Promise<boolean> {
    return this.isShared;
  }

  override async lastWritten(): Promise<Date | undefined> {
    return this.lastWrittenAt;
  }

  override async clearSpool(): Promise<void> {}
}

/** Everything that recording a leg needs, in virtual time. */
export function testRooms(gateway: Gateway, clock: ManualClock, recorders: Partial<Recorders> = {}): TestRooms {
  const warnings: TestRooms["warnings"] = [];
  const log = pino({ level: "warn" }, { write: (line) => void warnings.push(JSON.parse(line)) });
  const library = new FakeLibrary(new Paths("/nowhere"), log);
  const rooms: TestRooms = {
    calls: new CallBook(library, clock),
    clock,
    runningLegs: new RunningLegs(),
    form: { tracks: "joined", transcode: "none", h264Container: "mkv" },
    gateway,
    host: { check: async () => undefined },
    library,
    log,
    limits: {},
    metrics: new LegMetrics(new Registry()),
    preferences: { video: ["VP8"], audio: ["opus"] },
    recordBeside: (callId, leg, tracks) => void recordBeside(callId, leg, tracks, rooms),
    recorders: recorders as Recorders,
    storage: new Storage(library, 1e8),
    warnings,
  };
  return rooms;
}
