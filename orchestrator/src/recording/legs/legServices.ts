import type { Logger } from "pino";
import type { CallBook } from "../../archive/calls/callBook.ts";
import type { Library } from "../../archive/library/library.ts";
import type { ManifestLeg } from "../../archive/library/manifest.ts";
import type { Storage } from "../../archive/library/storage.ts";
import type { Clock } from "../../clock.ts";
import type { CallId, MediaConnectionId } from "../../ids.ts";
import type { GatewayCalls } from "../gateway/gateway.ts";
import type { Host } from "../host/host.ts";
import type { FileForm, Preferences } from "../recorders/codecs.ts";
import type { Recorders } from "../recorders/recorders.ts";
import type { LegLimits } from "./legLimits.ts";
import type { LegMetrics } from "./legMetrics.ts";
import type { RunningLegs } from "./runningLegs.ts";

/** Everything that recording a leg depends on. */
export interface LegServices {
  calls: CallBook;
  clock: Clock;
  runningLegs: RunningLegs;
  form: FileForm;
  gateway: GatewayCalls;
  host: Pick<Host, "check">;
  library: Library;
  limits: LegLimits;
  log: Logger;
  metrics: LegMetrics;
  preferences: Preferences;
  /** Records further tracks of a leg's caller as a leg of their own. Does not throw. */
  recordBeside(callId: CallId, leg: ManifestLeg, tracks: MediaConnectionId): void;
  recorders: Recorders;
  storage: Pick<Storage, "check" | "noteRecorder">;
}
