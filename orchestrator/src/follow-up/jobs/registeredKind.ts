import type { Job, JobIn } from "./job.ts";
import type { JobAtWork, JobKind, RetrySchedule } from "./jobKind.ts";
import type { JobWork } from "./jobWork.ts";

/** A kind whose order type is hidden, so that kinds with different orders can be stored together. */
export interface RegisteredKind {
  isHeavy: boolean;
  retries: RetrySchedule;
  run(job: JobIn<"running">, work: JobWork): Promise<void>;
  clean(job: Job): Promise<void>;
}

export function registered<Order>(kind: JobKind<Order>): RegisteredKind {
  const atWork = (job: Job) => ({ ...job, order: kind.order.parse(job.order) }) as JobAtWork<Order>;
  return {
    isHeavy: kind.load === "heavy",
    retries: kind.retries,
    run: async (job, work) => kind.run(atWork(job), work),
    clean: async (job) => kind.clean(atWork(job)),
  };
}
