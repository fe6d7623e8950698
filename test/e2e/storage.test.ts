import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { removeAllCalls, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { serviceLog } from "../bundle/services.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { localFilesOf, SECRET, StorageServer, uploadTo } from "../bundle/storage.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const CALL_SECONDS = 3;
const LIMIT_MS = 300_000;
const DOWN_MS = 60_000;
const LABEL = "io.skyway-call-recorder";

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("calls are uploaded and verified despite failures of uploaders and servers, and are removed there with the call", {
  timeout: LIMIT_MS,
}, async () => {
  // Calls of other tests would be uploaded first.
  await removeAllCalls();
  await using _ = await uploadTo("webdav", "sftp");
  // Slow enough to kill an uploader during its upload.
  await using webdav = await StorageServer.start("webdav", 60);
  await using sftp = await StorageServer.start("sftp");

  const first = await recordCall();
  const uploader = await waitFor("an uploader is running", PATIENCE_MS, async () => {
    const labels = [`${LABEL}.project=${PROJECT}`, `${LABEL}.role=job`, `${LABEL}.call-id=${first}`];
    const filters = labels.flatMap((label) => ["--filter", `label=${label}`]);
    const ids = await runOrThrow("docker", ["ps", "--quiet", ...filters]);
    return ids.trim() === "" ? undefined : ids.trim().split("\n")[0];
  });
  expect(await runOrThrow("docker", ["inspect", uploader])).not.toContain(SECRET);
  await run("docker", ["kill", uploader]);
  await uploaded(first, 2);
  expect(await webdav.filesOf(first)).toEqual(await localFilesOf(first));

  await webdav.stop();
  const stoppedAt = Date.now();
  const second = await recordCall();
  await waitFor(
    "an upload attempt failed",
    PATIENCE_MS,
    async () => (await uploadOf(second))?.error?.code === "UPLOAD_FAILED",
  );
  await composeOrThrow(["kill", "orchestrator"]);
  await composeOrThrow(["start", "orchestrator"]);
  await waitFor("the server was away for a minute", 2 * DOWN_MS, () => Date.now() - stoppedAt > DOWN_MS);
  await webdav.startAgain();
  // By now the fallback is used.
  await uploaded(second, 4);
  expect(await sftp.filesOf(second)).toEqual(await localFilesOf(second));
  expect(await webdav.filesOf(second)).toEqual({});
  const shown = await (await request(`/api/calls/${second}`)).json();
  expect(shown).toMatchObject({ upload: { remote: "sftp:recordings", isWhole: true } });

  expect((await request(`/api/calls/${second}`, { method: "DELETE" })).status).toBe(200);
  await waitFor(
    "the call is removed from the server too",
    PATIENCE_MS,
    async () => Object.keys(await sftp.filesOf(second)).length === 0,
  );
  expect(await webdav.filesOf(first)).toEqual(await localFilesOf(first));
  for (const service of ["orchestrator", "docker-guard"]) expect(await serviceLog(service)).not.toContain(SECRET);
});

async function recordCall(): Promise<string> {
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  await page.hangUp("close(true)");
  return (await readyCallOf(peerId, endedAt, PATIENCE_MS)).call.id;
}

const Job = z.object({
  kind: z.string(),
  state: z.string(),
  attempts: z.int(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

async function uploadOf(callId: string): Promise<z.infer<typeof Job> | undefined> {
  const answer = await (await request(`/api/jobs?callId=${callId}&kind=upload`)).json();
  return z.object({ jobs: z.array(Job) }).parse(answer).jobs[0];
}

/** Waits until a call is uploaded, with at least this number of attempts. */
async function uploaded(callId: string, attempts: number): Promise<void> {
  let seen: unknown;
  const job = await waitFor(
    "the call is uploaded",
    3 * PATIENCE_MS,
    async () => {
      const found = await uploadOf(callId).catch(() => undefined);
      seen = found;
      return found?.state === "done" ? found : undefined;
    },
    () => seen,
  );
  expect(job.attempts).toBeGreaterThanOrEqual(attempts);
}
