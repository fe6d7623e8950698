import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { JOB_STATES, type JobState } from "../../follow-up/jobs/job.ts";
import type { JobBook } from "../../follow-up/jobs/jobBook.ts";
import type { JobView } from "../../follow-up/jobs/jobView.ts";

const SECONDS_BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 14_400];
const isOver = (state: JobState) => state !== "queued" && state !== "running";
const ACTIVE_STATES = JOB_STATES.filter((state) => !isOver(state));

/** Prometheus metrics of follow-up jobs, from the state changes of jobs. */
export function measureJobs(book: JobBook, kinds: readonly string[], registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "call_recorder_jobs",
    help: "Queued and running jobs, by kind and state.",
    labelNames: ["kind", "state"],
    registers,
    collect() {
      for (const kind of kinds) for (const state of ACTIVE_STATES) this.set({ kind, state }, 0);
      for (const { kind, state } of book.all()) if (!isOver(state)) this.inc({ kind, state });
    },
  });
  const results = new Counter({
    name: "call_recorder_jobs_total",
    help: "Jobs that have ended, by kind, result and error code.",
    labelNames: ["kind", "result", "code"],
    registers,
  });
  const seconds = new Histogram({
    name: "call_recorder_job_seconds",
    help: "Duration of the last attempt of completed jobs.",
    labelNames: ["kind"],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  for (const kind of kinds) {
    results.inc({ kind, result: "done", code: "" }, 0);
    results.inc({ kind, result: "failed", code: "JOB_FAILED" }, 0);
  }
  const counted = new Map<string, JobState>();
  book.on("change", (job: JobView) => {
    const before = counted.get(job.id);
    if (!isOver(job.state)) counted.set(job.id, job.state);
    else counted.delete(job.id);
    if (!isOver(job.state) || before === undefined) return;
    results.inc({ kind: job.kind, result: job.state, code: job.error?.code ?? "" });
    if (job.state !== "done" || job.startedAt === undefined || job.endedAt === undefined) return;
    seconds.observe({ kind: job.kind }, (Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1000);
  });
}
