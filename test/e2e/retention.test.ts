import { afterAll, beforeAll, expect, test } from "vitest";
import { type Call, errorCode, listCalls, removeAllCalls, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { configure } from "../bundle/configuration.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { listVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 2;

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("the oldest call is removed when all calls together exceed the limit, and the others stay", async () => {
  // A call that can still be rejoined is kept regardless of its age.
  await removeAllCalls();
  await recordCall();
  const kept = await recordCall();
  const before = await allCalls();
  const oldest = before.at(-1);
  if (!oldest) throw new Error("there are no calls");

  await using _ = await configure(`retention: { gigabytes: ${((await bytesOfCalls()) - 1) / 1e9} }\n`);
  await waitFor("the oldest call is removed", PATIENCE_MS, async () => {
    const response = await request(`/api/calls/${oldest.id}`);
    return response.status === 404 && (await errorCode(response, 404)) === "CALL_NOT_FOUND";
  });

  expect((await allCalls()).map(({ id }) => id)).toEqual(before.slice(0, -1).map(({ id }) => id));
  expect((await listVolume("calls")).filter((path) => path.includes(oldest.id))).toEqual([]);
  expect((await request(`/api/calls/${kept}`)).status).toBe(200);
});

async function recordCall(): Promise<string> {
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  await page.hangUp("close(true)");
  return (await readyCallOf(peerId, endedAt, PATIENCE_MS)).call.id;
}

async function allCalls(): Promise<Call[]> {
  const found: Call[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await listCalls({ limit: "100", ...(cursor && { cursor }) });
    found.push(...page.calls);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

async function bytesOfCalls(): Promise<number> {
  const find = ["find", "/recordings/calls", "-type", "f", "-printf", "%s\\n"];
  const sizes = (await composeOrThrow(["exec", "-T", "orchestrator", ...find])).split("\n");
  return sizes.reduce((sum, size) => sum + Number(size), 0);
}
