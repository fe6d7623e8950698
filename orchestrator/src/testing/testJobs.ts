import { pino } from "pino";
import { z } from "zod";
import type { AdmissionRules } from "../follow-up/jobs/admission.ts";
import type { Job } from "../follow-up/jobs/job.ts";
import { JobBook } from "../follow-up/jobs/jobBook.ts";
import type { JobFiles } from "../follow-up/jobs/jobFiles.ts";
import type { JobKind } from "../follow-up/jobs/jobKind.ts";
import { Jobs } from "../follow-up/jobs/jobs.ts";
import { mustSucceed } from "../follow-up/jobs/jobWork.ts";
import { type CallId, newCallId } from "../ids.ts";
import { FakeEngine } from "./fakeEngine.ts";
import { ManualClock } from "./manualClock.ts";

/** Job files that survive a restart of the orchestrator within a test. */
export class FakeJobFiles implements Pick<JobFiles, "read" | "write" | "remove"> {
  readonly files = new Map<string, string>();
  async write(job: Job): Promise<void> {
    this.files.set(job.id, JSON.stringify(job));
  }
  async remove(id: string): Promise<void> {
    this.files.delete(id);
  }
  async read(): Promise<Job[]> {
    return [...this.files.values()].map((text) => JSON.parse(text) as Job);
  }
}

/** A kind of job that runs one container; each line of its output is a percentage. */
export function testKind(
  cleaned: string[],
  load: "heavy" | "light" = "heavy",
  limitMs?: number,
): JobKind<{ say: string }> {
  return {
    name: "film",
    order: z.object({ say: z.string() }),
    load,
    retries: { attempts: 3, firstPauseMs: 1_000, lastPauseMs: 60_000 },
    async run({ order }, work) {
      const onLine = (line: string) => work.progress(Number(line));
      mustSucceed(await work.container({ command: ["compose", order.say], onLine, ...(limitMs && { limitMs }) }));
    },
    async clean({ order }) {
      cleaned.push(order.say);
    },
  };
}

export interface TestJobs {
  jobs: Jobs;
  engine: FakeEngine;
  files: FakeJobFiles;
  clock: ManualClock;
  cleaned: string[];
  callId: CallId;
  /** Number of legs being recorded. */
  recording: { legs: number };
  /** The same orchestrator after a restart. */
  restarted(): Promise<TestJobs>;
}

export function testJobs(
  rules: AdmissionRules = { concurrent: 1, whileRecordingAtMost: 2 },
  previous: Partial<Pick<TestJobs, "engine" | "files" | "clock" | "callId">> = {},
): TestJobs {
  const clock = previous.clock ?? new ManualClock();
  const engine = previous.engine ?? new FakeEngine();
  const files = previous.files ?? new FakeJobFiles();
  const callId = previous.callId ?? newCallId(clock.now());
  const recording = { legs: 0 };
  const cleaned: string[] = [];
  const jobs = new Jobs({
    ...{ engine, clock },
    book: new JobBook({ clock, files, log: pino({ level: "silent" }) }),
    sweeper: { sweep: (id) => void engine.remove(id) },
    defaults: {
      ...{ project: "test", image: "image", memoryMebibytes: 512, cpus: 1, cpuShares: 128 },
      recordings: { type: "volume", source: "recordings" },
    },
    rules,
    legsRecording: () => recording.legs,
  });
  jobs.register(testKind(cleaned));
  return {
    ...{ jobs, engine, files, clock, cleaned, callId, recording },
    async restarted() {
      await jobs.close();
      const next = testJobs(rules, { engine, files, clock, callId });
      await next.jobs.start();
      return next;
    },
  };
}
