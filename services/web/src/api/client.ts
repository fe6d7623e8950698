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
/** The API's word for a session that is over, or never was. */
const LOGIN_NEEDED = "LOGIN_NEEDED";

const refused = new EventTarget();

/** Calls back whenever the API asks for a login. Returns what ends it. */
export function onLoginNeeded(listener: () => void): () => void {
  refused.addEventListener(LOGIN_NEEDED, listener);
  return () => refused.removeEventListener(LOGIN_NEEDED, listener);
}

/** A failure in the API's own words; `code` is the API's, UNREACHABLE or UNREADABLE. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
    this.code = code;
  }
}

export function listCalls(query: { cursor?: string; state?: LegState } = {}): Promise<z.infer<typeof CallPage>> {
  return ask(CallPage, `/api/calls?${new URLSearchParams({ limit: String(PAGE_SIZE), ...query })}`);
}

export function getCall(id: string): Promise<Call> {
  return ask(Call, `/api/calls/${encodeURIComponent(id)}`);
}

export async function stopCall(id: string): Promise<void> {
  await request(`/api/calls/${encodeURIComponent(id)}/stop`, { method: "POST" });
}

/** Follow-up work on a call, the newest first. */
export async function listJobs(callId: string): Promise<Job[]> {
  return (await ask(JobList, `/api/jobs?${new URLSearchParams({ callId })}`)).jobs;
}

export async function cancelJob(id: string): Promise<void> {
  await request(`/api/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
}

export async function retryJob(id: string): Promise<void> {
  await request(`/api/jobs/${encodeURIComponent(id)}/retry`, { method: "POST" });
}

/** Removes all of a call, for good. */
export async function removeCall(id: string): Promise<void> {
  await request(callUrl(id), { method: "DELETE" });
}

/** A link that opens one recording to whoever has it, for a day. */
export async function makeFileLink(callId: string, name: string): Promise<FileLink> {
  return read(FileLink, await json(await request(`${fileUrl(callId, name)}/links`, { method: "POST" })));
}

/** Which part of a preview's image is shown when. */
export async function fetchThumbnails(callId: string, track: string): Promise<Thumbnail[]> {
  return readThumbnails(await (await request(fileUrl(callId, track))).text());
}

export function getSession(): Promise<Session> {
  return ask(Session, SESSION);
}

export async function logIn(token: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  await request(SESSION, { method: "POST", headers, body: JSON.stringify({ token }) });
}

export async function logOut(): Promise<void> {
  await request(SESSION, { method: "DELETE" });
}

/** Health answers 503 with the same body when a part is failing. */
export async function getHealth(): Promise<Health> {
  return read(Health, await json(await reach("/api/health")));
}

export function getClientConfiguration(): Promise<z.infer<typeof ClientConfiguration>> {
  return ask(ClientConfiguration, "/api/client-configuration");
}

/** TURN servers, where the bundle has any. It is signalling that knows them. */
export async function getIceServers(apiKey: string): Promise<z.infer<typeof IceServers>["iceServers"]> {
  return (await ask(IceServers, `/api/apikeys/${encodeURIComponent(apiKey)}/ice-servers`)).iceServers;
}

export function callUrl(callId: string): string {
  return `/api/calls/${encodeURIComponent(callId)}`;
}

export function fileUrl(callId: string, name: string): string {
  return `${callUrl(callId)}/files/${encodeURIComponent(name)}`;
}

async function ask<Schema extends z.ZodMiniType>(schema: Schema, path: string): Promise<z.infer<Schema>> {
  return read(schema, await json(await request(path)));
}

/** @throws ApiError with the API's code where it has one. */
async function request(path: string, options?: RequestInit): Promise<Response> {
  const response = await reach(path, options);
  if (response.ok) return response;
  const { data } = ErrorAnswer.safeParse(await json(response).catch(() => null));
  if (data?.error.code === LOGIN_NEEDED) refused.dispatchEvent(new Event(LOGIN_NEEDED));
  if (data) throw new ApiError(data.error.code, data.error.message);
  throw new ApiError("UNREACHABLE", `the recorder does not answer (${response.status})`);
}

async function reach(path: string, options?: RequestInit): Promise<Response> {
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

function read<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  throw new ApiError("UNREADABLE", "this page is older than the server: reload it", { cause: error });
}
