import { afterAll, beforeAll, expect, test } from "vitest";
import { dial, getCall, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { recreate } from "../bundle/recreate.ts";
import { run } from "../bundle/run.ts";
import { API_KEY, PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import {
  expectCompleteRecording,
  expectNothingLeft,
  PATIENCE_MS,
  readyCallOf,
  untilAllHealthy,
} from "./expectations.ts";
import { openTestBrowser, type TestBrowser } from "./testBrowser.ts";

/** The orchestrator works with the API of the official gateway. */

const CALL_SECONDS = 4;
const OVERLAY = ["--file", "test/reference/compose.yml"];

let testBrowser: TestBrowser;
beforeAll(async () => {
  await composeOrThrow([...OVERLAY, "up", "--detach", "--no-deps", "--no-build", "reference"]);
  await recreate(["orchestrator"], { files: OVERLAY });
  await registered();
  testBrowser = await openTestBrowser("chromium");
});
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await recreate(["orchestrator"]);
  await run("docker", ["rm", "--force", `${PROJECT}-reference-1`]);
  await registered();
  await untilAllHealthy();
});

test("incoming and outgoing calls are recorded completely, and a peer that does not answer is given up", async () => {
  const [caller, called, silent] = await Promise.all([
    testBrowser.caller(),
    testBrowser.caller(),
    testBrowser.caller(),
  ]);
  await silent.page.whenCalled("ignore");
  const unanswered = await dial({ peerId: silent.peerId, answerWithinSeconds: 2 });
  const ready = await Promise.all([
    hangUpOn(caller, () => caller.page.call(RECORDER_PEER_ID, { videoCodec: "VP8" })),
    hangUpOn(called, async () => {
      await dial({ peerId: called.peerId });
      await called.page.called();
    }),
  ]);
  for (const one of ready) await expectCompleteRecording(one, one.sent, { seconds: CALL_SECONDS, within: 1 });
  const said = await composeOrThrow([...OVERLAY, "logs", "--no-color", "--no-log-prefix", "reference"]);
  // The extensions were really missing, and the standard requests were used.
  expect(said).toContain('{"refused":"GET /media/connections/*/tracks"}');
  expect(said).toContain('{"asked":"POST /media/connections/*/pli"}');
  await waitFor("NO_ANSWER", PATIENCE_MS, async () => {
    const { legs } = await getCall(unanswered.callId);
    return legs[0]?.error?.code === "NO_ANSWER";
  });
  await expectNothingLeft();
});

async function hangUpOn({ page, peerId }: Awaited<ReturnType<TestBrowser["caller"]>>, connect: () => Promise<void>) {
  await connect();
  await page.talk(CALL_SECONDS * 1_000);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  return { sent, ...(await readyCallOf(peerId, endedAt)) };
}

/** A recreated orchestrator is healthy shortly before its peer is registered. */
function registered() {
  return waitFor("the recorder is registered", PATIENCE_MS, async () => {
    const peers = await request(`/api/apikeys/${API_KEY}/peers/${RECORDER_PEER_ID}/exists`);
    return peers.ok && (await peers.json()).exists;
  });
}
