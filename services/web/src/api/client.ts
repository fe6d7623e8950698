import type * as z from "zod/mini";
import {
  Call,
  CallPage,
  ClientConfiguration,
  ErrorAnswer,
  FileLink,
  Health,
  IceServers,
  type Job,
  JobList,
  type LegState,
  Session,
} from "./schemas.ts";
import { noteServerTime } from "./serverClock.ts";
import { readThumbnails, type Thumbnail } from "./thumbnails.ts";

const PAGE_SIZE = 20;
const SESSION = "/api/session";
/** The API's error code if there is no valid session. */
const LOGIN_NEEDED = "LOGIN_NEEDED";

const loginEvents = new EventTarget();

/** Calls `listener` whenever the API requires a login. Returns a function that unsubscribes. */
export function onLoginNeeded(listener: () => void): () => void {
  loginEvents.addEventListener(LOGIN_NEEDED, listener);
  return () => loginEvents.removeEventListener(LOGIN_NEEDED, listener);
}

/** An error with the API's message; `code` is the API's code, UNREACHABLE or UNREADABLE. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
    this.code = code;
  }
}

export function listCalls(query: { cursor?: string; state?: LegState } = {}): Promise<z.infer<typeof CallPage>> {
  return getJson(CallPage, `/api/calls?${new URLSearchParams({ limit: String(PAGE_SIZE), ...query })}`);
}

export function getCall(id: string): Promise<Call> {
  return getJson(Call, `/api/calls/${encodeURIComponent(id)}`);
}

export async function stopCall(id: string): Promise<void> {
  await request(`/api/calls/${encodeURIComponent(id)}/stop`, { method: "POST" });
}

/** The jobs of a call, newest first. */
export async function listJobs(callId: string): Promise<Job[]> {
  return (await getJson(JobList, `/api/jobs?${new URLSearchParams({ callId })}`)).jobs;
}

export async function cancelJob(id: string): Promise<void> {
  await request(`/api/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
}

export async function retryJob(id: string): Promise<void> {
  await request(`/api/jobs/${encodeURIComponent(id)}/retry`, { method: "POST" });
}

/** Removes a call with all its files permanently. */
export async function removeCall(id: string): Promise<void> {
  await request(callUrl(id), { method: "DELETE" });
}

/** A link that opens one recording without a login, for a day. */
export async function makeFileLink(callId: string, name: string): Promise<FileLink> {
  return parse(FileLink, await json(await request(`${fileUrl(callId, name)}/links`, { method: "POST" })));
}

/** The positions of the thumbnails in a preview's image. */
export async function fetchThumbnails(callId: string, track: string): Promise<Thumbnail[]> {
  return readThumbnails(await (await request(fileUrl(callId, track))).text());
}

export function getSession(): Promise<Session> {
  return getJson(Session, SESSION);
}

export async function logIn(token: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  await request(SESSION, { method: "POST", headers, body: JSON.stringify({ token }) });
}

export async function logOut(): Promise<void> {
  await request(SESSION, { method: "DELETE" });
}

/** If a part is failing, the status is 503 and the body has the same form. */
export async function getHealth(): Promise<Health> {
  return parse(Health, await json(await fetchOrThrow("/api/health")));
}

export function getClientConfiguration(): Promise<z.infer<typeof ClientConfiguration>> {
  return getJson(ClientConfiguration, "/api/client-configuration");
}

/** TURN servers from signalling; empty if the bundle has none. */
export async function getIceServers(apiKey: string): Promise<z.infer<typeof IceServers>["iceServers"]> {
  return (await getJson(IceServers, `/api/apikeys/${encodeURIComponent(apiKey)}/ice-servers`)).iceServers;
}

export function callUrl(callId: string): string {
  return `/api/calls/${encodeURIComponent(callId)}`;
}

export function fileUrl(callId: string, name: string): string {
  return `${callUrl(callId)}/files/${encodeURIComponent(name)}`;
}

async function getJson<Schema extends z.ZodMiniType>(schema: Schema, path: string): Promise<z.infer<Schema>> {
  return parse(schema, await json(await request(path)));
}

/** @throws ApiError with the API's code, if the answer has one. */
async function request(path: string, options?: RequestInit): Promise<Response> {
  const response = await fetchOrThrow(path, options);
  if (response.ok) return response;
  const { data } = ErrorAnswer.safeParse(await json(response).catch(() => null));
  if (data?.error.code === LOGIN_NEEDED) loginEvents.dispatchEvent(new Event(LOGIN_NEEDED));
  if (data) throw new ApiError(data.error.code, data.error.message);
  throw new ApiError("UNREACHABLE", `the recorder is not available (${response.status})`);
}

async function fetchOrThrow(path: string, options?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, options);
    noteServerTime(response.headers.get("date"));
    return response;
  } catch (cause) {
    throw new ApiError("UNREACHABLE", "the server cannot be reached", { cause });
  }
}

function json(response: Response): Promise<unknown> {
  return response.json().catch((cause: unknown) => {
    throw new ApiError("UNREADABLE", "the server's answer cannot be read", { cause });
  });
}

function parse<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  throw new ApiError("UNREADABLE", "this page is outdated: reload it", { cause: error });
}
