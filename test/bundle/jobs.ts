import { z } from "zod";
import { request } from "./api.ts";

const Job = z.object({
  id: z.string(),
  kind: z.string(),
  callId: z.string(),
  state: z.enum(["queued", "running", "done", "failed", "cancelled"]),
  progress: z.number(),
  attempts: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).loose().optional(),
});
export type Job = z.infer<typeof Job>;

/** Jobs of a call, newest first. */
export async function jobsOf(callId: string): Promise<Job[]> {
  const response = await request(`/api/jobs?${new URLSearchParams({ callId })}`);
  return z.object({ jobs: z.array(Job) }).parse(await response.json()).jobs;
}
