import { beforeAll, describe, expect, test } from "vitest";
import { type Call, errorCode, fileUrl, getCall, type Leg, listCalls, request } from "../bundle/api.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser } from "./testBrowser.ts";

const UNKNOWN_CALL = "call_00000000-0000-4000-8000-000000000000";
const CALLS = 3;
const CALL_SECONDS = 2;

let recorded: { call: Call; leg: Leg }[];

beforeAll(async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const callers = await Promise.all(Array.from({ length: CALLS }, () => testBrowser.caller()));
  recorded = await Promise.all(
    callers.map(async ({ page, peerId }, index) => {
      await page.call(RECORDER_PEER_ID, { videoCodec: "VP8", metadata: { seat: index, note: "<b>ü & \n" } });
      await page.talk(CALL_SECONDS * 1000);
      const endedAt = Date.now();
      await page.hangUp("close(true)");
      return readyCallOf(peerId, endedAt, PATIENCE_MS);
    }),
  );
});

describe("calls", () => {
  test("contain the caller, the time and the recording", async () => {
    const [first] = recorded;
    if (!first) throw new Error("nothing was recorded");

    const call = await getCall(first.call.id);

    expect(call).toMatchObject({ id: first.call.id, state: "ready" });
    expect(call.legs).toHaveLength(1);
    expect(call.legs[0]).toMatchObject({ peerId: first.leg.peerId, state: "ready" });
    expect(call.legs[0]?.metadata).toEqual({ seat: 0, note: "<b>ü & \n" });
    const [leg] = call.legs;
    const seconds = (Date.parse(leg?.endedAt ?? "") - Date.parse(leg?.startedAt ?? "")) / 1000;
    expect(seconds).toBeGreaterThan(CALL_SECONDS - 0.5);
    expect(Math.abs(seconds - (leg?.file?.durationSeconds ?? 0))).toBeLessThan(1);
    expect(Date.parse(call.startedAt)).toBeLessThanOrEqual(Date.parse(leg?.startedAt ?? ""));
  });

  test("are listed newest first, in pages, each exactly once", async () => {
    const seen: Call[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await listCalls({ limit: "2", ...(cursor ? { cursor } : {}) });
      expect(page.calls.length).toBeLessThanOrEqual(2);
      seen.push(...page.calls);
      cursor = page.nextCursor;
    } while (cursor);

    const ids = seen.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { call } of recorded) expect(ids).toContain(call.id);
    const starts = seen.map(({ startedAt }) => Date.parse(startedAt));
    expect(starts).toEqual(starts.toSorted((a, b) => b - a));
  });

  test("can be filtered by state", async () => {
    const { calls } = await listCalls({ state: "ready", limit: "100" });
    for (const { call } of recorded) expect(calls.map(({ id }) => id)).toContain(call.id);
    expect(calls.every(({ state }) => state === "ready")).toBe(true);
    expect((await listCalls({ state: "recording" })).calls).toEqual([]);
  });
});

describe("files", () => {
  const file = () => {
    const [first] = recorded;
    if (!first?.leg.file) throw new Error("nothing was recorded");
    return { url: fileUrl(first.call, first.leg), bytes: first.leg.file.bytes };
  };
  const range = (url: string, value: string) => fetch(url, { headers: { range: value } });

  test("are sent completely, with type and length, and with Accept-Ranges", async () => {
    const { url, bytes } = file();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("video/webm");
    expect(response.headers.get("accept-ranges")).toBe("bytes");
    expect(Number(response.headers.get("content-length"))).toBe(bytes);
    expect((await response.arrayBuffer()).byteLength).toBe(bytes);
  });

  test.each([
    ["bytes=0-99", (bytes: number) => [0, Math.min(99, bytes - 1)] as const],
    ["bytes=100-", (bytes: number) => [100, bytes - 1] as const],
    ["bytes=-50", (bytes: number) => [bytes - 50, bytes - 1] as const],
    ["bytes=10-99999999999", (bytes: number) => [10, bytes - 1] as const],
  ])("are sent in part for %s (RFC 9110, section 14)", async (value, expected) => {
    const { url, bytes } = file();
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const [from, to] = expected(bytes);

    const response = await range(url, value);

    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${from}-${to}/${bytes}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole.subarray(from, to + 1))).toBe(true);
  });

  test("answer 416 to a range beyond their end", async () => {
    const { url, bytes } = file();
    const response = await range(url, `bytes=${bytes}-`);
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${bytes}`);
    await response.arrayBuffer();
  });

  test("answer HEAD without a body", async () => {
    const { url, bytes } = file();
    const response = await fetch(url, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get("content-length"))).toBe(bytes);
  });
});

describe("client errors get a code and a message", () => {
  const someCall = () => recorded[0]?.call.id ?? "";

  test.each([
    ["an unknown call", () => `/api/calls/${UNKNOWN_CALL}`],
    ["an invalid call id", () => "/api/calls/not%20an%20id"],
    ["an unknown file", () => `/api/calls/${someCall()}/files/nothing.webm`],
    ["a file of an unknown call", () => `/api/calls/${UNKNOWN_CALL}/files/nothing.webm`],
    ["the manifest as a file", () => `/api/calls/${someCall()}/files/call.json`],
    ["an unknown path", () => "/api/nothing"],
  ])("404: %s", async (_, path) => {
    expect(await errorCode(await request(path()), 404)).toMatch(/^[A-Z_]+$/);
  });

  // The web server normalises such paths. The result may be a page of the console, but never a file of the volume.
  test.each([
    () => `/api/calls/${someCall()}/files/..%2F..%2F..%2F..%2F..%2Fstate%2Fpeers.json`,
    () => `/api/calls/${someCall()}/files/%2e%2e%2f${someCall()}%2fcall.json`,
    () => "/api/calls/..%2F..%2Fstate%2Fpeers.json",
    () => "/api/calls/..%5C..%5Cstate",
  ])("a path that leaves the folder returns no file: %s", async (path) => {
    const response = await request(path());
    const page = response.headers.get("content-type")?.startsWith("text/html") ?? false;
    expect(page || response.status === 404).toBe(true);
    expect(await response.text()).not.toMatch(/pt-|mediaConnectionId|EBML/);
  });

  test("404: stopping an unknown call", async () => {
    await errorCode(await request(`/api/calls/${UNKNOWN_CALL}/stop`, { method: "POST" }), 404);
  });

  test.each([
    "limit=0",
    "limit=-1",
    "limit=many",
    "limit=1000000",
    "state=asleep",
    "cursor=%00nonsense",
    "q=Ada",
    "from=2026-01-01",
  ])("400: /api/calls?%s", async (query) => {
    expect(await errorCode(await request(`/api/calls?${query}`), 400)).toMatch(/^[A-Z_]+$/);
  });
});

test("legs with the same metadata.call belong to one call", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const callers = await Promise.all([testBrowser.caller(), testBrowser.caller()]);
  const metadata = { call: newPeerId("conversation") };
  await Promise.all(callers.map(({ page }) => page.call(RECORDER_PEER_ID, { videoCodec: "VP8", metadata })));
  await Promise.all(callers.map(({ page }) => page.talk(CALL_SECONDS * 1000)));
  const endedAt = Date.now();
  await Promise.all(callers.map(({ page }) => page.hangUp("close(true)")));

  const [one, other] = await Promise.all(callers.map(({ peerId }) => readyCallOf(peerId, endedAt, PATIENCE_MS)));

  expect(one?.call.id).toBe(other?.call.id);
  expect(new Set(other?.call.legs.map(({ peerId }) => peerId))).toEqual(new Set(callers.map(({ peerId }) => peerId)));
});

test("health lists every component as healthy", async () => {
  const response = await request("/api/health");
  expect(response.status).toBe(200);
  const body = JSON.stringify(await response.json());
  for (const part of ["docker", "gateway", "signaling", "storage", "peers"]) expect(body).toContain(part);
});
