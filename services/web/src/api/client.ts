import type { Call, CallPage, ClientConfiguration, Health, Leg } from "./types.ts";

const PAGE_SIZE = "20";

/** A failure in the API's own words. */
export class ApiError extends Error {}

export async function listCalls(cursor?: string): Promise<CallPage> {
  const query = new URLSearchParams({ limit: PAGE_SIZE, ...(cursor && { cursor }) });
  return (await ask(`/api/calls?${query}`)) as CallPage;
}

export async function getCall(id: string): Promise<Call> {
  return (await ask(`/api/calls/${encodeURIComponent(id)}`)) as Call;
}

export async function stopCall(id: string): Promise<void> {
  await ask(`/api/calls/${encodeURIComponent(id)}/stop`, { method: "POST" });
}

/** Health answers 503 with the same body when a part is failing. */
export async function getHealth(): Promise<Health> {
  const response = await fetch("/api/health");
  return (await response.json()) as Health;
}

export async function getClientConfiguration(): Promise<ClientConfiguration> {
  return (await ask("/api/client-configuration")) as ClientConfiguration;
}

export function fileUrl(call: Call, leg: Leg): string {
  return `/api/calls/${encodeURIComponent(call.id)}/files/${encodeURIComponent(leg.file?.name ?? "")}`;
}

async function ask(path: string, options?: RequestInit): Promise<unknown> {
  const response = await fetch(path, options);
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new ApiError(messageOf(body) ?? `the server answered ${response.status}`);
}

function messageOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : undefined;
}
