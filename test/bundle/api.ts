import { z } from "zod";
import { ORIGIN } from "./settings.ts";

const Stream = z.object({
  kind: z.enum(["audio", "video"]),
  codec: z.string(),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  frames: z.number().int().nonnegative().optional(),
});
const RecordedFile = z.object({
  name: z.string(),
  bytes: z.number().int().positive(),
  durationSeconds: z.number().positive(),
  streams: z.array(Stream),
});
const LegState = z.enum(["ringing", "preparing", "connecting", "recording", "finalising", "ready", "failed"]);
export type LegState = z.infer<typeof LegState>;
const Leg = z.object({
  id: z.string(),
  peerId: z.string(),
  metadata: z.unknown(),
  state: LegState,
  dialled: z.literal(true).optional(),
  beside: z.string().optional(),
  startedAt: z.iso.datetime().nullish(),
  endedAt: z.iso.datetime().nullish(),
  reason: z.string().nullish(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
  gapSeconds: z.number().optional(),
  /** What the leg lacks, or what went wrong. */
  notes: z
    .array(
      z.object({
        code: z.string(),
        kind: z.enum(["audio", "video"]).optional(),
        message: z.string().optional(),
        hint: z.string().optional(),
        at: z.iso.datetime().optional(),
        seconds: z.number().optional(),
        file: z.string().optional(),
      }),
    )
    .optional(),
  placedBy: z.enum(["clock", "first_packet"]).optional(),
  file: RecordedFile.optional(),
  trackFiles: z.array(RecordedFile).optional(),
  files: z
    .array(
      z.object({
        startedAt: z.iso.datetime(),
        endedAt: z.iso.datetime(),
        reason: z.string(),
        file: RecordedFile.optional(),
      }),
    )
    .optional(),
});
export type Leg = z.infer<typeof Leg>;
const Call = z.object({
  id: z.string(),
  state: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullish(),
  legs: z.array(Leg),
  film: z.object({ file: RecordedFile, legs: z.array(z.string()) }).optional(),
  chat: z.object({ messages: z.string(), subtitles: z.string() }).optional(),
  previews: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  live: z
    .object({
      endedAt: z.iso.datetime().nullable(),
      page: z.string().optional(),
      playlist: z.string().optional(),
      manifest: z.string().optional(),
      pushes: z.record(z.string(), z.object({ state: z.string(), reason: z.string().optional() })).optional(),
      audio: z.object({ segments: z.int().optional() }).loose().optional(),
      audioIndex: z.string().optional(),
    })
    .optional(),
});
export type Call = z.infer<typeof Call>;
const CallPage = z.object({ calls: z.array(Call), nextCursor: z.string().nullish() });
const ApiError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const ANSWER_LIMIT_MS = 10_000;

/** Sends a request to the web container, the bundle's only public HTTP port. */
export function request(path: string, options: RequestInit = {}): Promise<Response> {
  return fetch(`${ORIGIN}${path}`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), ...options });
}

export async function listCalls(query: Record<string, string> = {}): Promise<z.infer<typeof CallPage>> {
  return CallPage.parse(await json(await request(`/api/calls?${new URLSearchParams(query)}`), 200));
}

export async function getCall(id: string): Promise<Call> {
  return Call.parse(await json(await request(`/api/calls/${id}`), 200));
}

/** Makes the recorder call a peer. Resolves with the ids of the call and its leg. */
export async function dial(order: object): Promise<{ callId: string; legId: string }> {
  const headers = { "content-type": "application/json" };
  const answer = await request("/api/calls", { method: "POST", headers, body: JSON.stringify(order) });
  const { legId, call } = z.object({ legId: z.string(), call: Call }).parse(await json(answer, 202));
  return { callId: call.id, legId };
}

export async function stopCall(id: string): Promise<void> {
  const response = await request(`/api/calls/${id}/stop`, { method: "POST" });
  if (!response.ok) throw new Error(`stop answered ${response.status}: ${await response.text()}`);
}

/** The newest call of a peer; undefined while it has none. */
export async function findCallOf(peerId: string): Promise<Call | undefined> {
  const { calls } = await listCalls({ limit: "20" });
  return calls.find((call) => call.legs.some((leg) => leg.peerId === peerId));
}

/** All recent calls of a peer. */
export async function findCallsOf(peerId: string): Promise<Call[]> {
  const { calls } = await listCalls({ limit: "100" });
  return calls.filter((call) => call.legs.some((leg) => leg.peerId === peerId));
}

/** Every call that is kept, newest first. */
export async function listAllCalls(): Promise<Call[]> {
  const all: Call[] = [];
  for (let cursor: string | undefined; ; ) {
    const { calls, nextCursor } = await listCalls({ limit: "100", ...(cursor && { cursor }) });
    all.push(...calls);
    if (!nextCursor) return all;
    cursor = nextCursor;
  }
}

/** The legs of all calls that are kept, of peers whose ids begin with `prefix`. */
export async function legsOf(prefix: string): Promise<Leg[]> {
  return (await listAllCalls()).flatMap(({ legs }) => legs).filter(({ peerId }) => peerId.startsWith(prefix));
}

export const isLegOver = ({ state }: Leg): boolean => state === "ready" || state === "failed";

/** Removes the calls of earlier tests, so that their jobs do not run first. */
export async function removeAllCalls(): Promise<void> {
  for (;;) {
    const { calls } = await listCalls({ limit: "100" });
    if (calls.length === 0) return;
    for (const { id } of calls) await json(await request(`/api/calls/${id}`, { method: "DELETE" }), 200);
  }
}

/** Checks status and shape of an error response and returns its error code. */
export async function errorCode(response: Response, status: number): Promise<string> {
  return ApiError.parse(await json(response, status)).error.code;
}

export function fileUrl(call: Call, leg: Leg, file = leg.file): string {
  if (!file) throw new Error(`leg ${leg.id} has no file: ${JSON.stringify(leg)}`);
  return `${ORIGIN}/api/calls/${call.id}/files/${file.name}`;
}

async function json(response: Response, status: number): Promise<unknown> {
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/json")) throw new Error(`${response.url} answered ${type}: ${text}`);
  return JSON.parse(text);
}
