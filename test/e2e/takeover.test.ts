import { expect, test } from "vitest";
import { request } from "../bundle/api.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { scrape } from "../bundle/metrics.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { readVolume } from "../bundle/volume.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { killService } from "../chaos/strike.ts";
import {
  expectCompleteRecording,
  expectNothingLeft,
  PATIENCE_MS,
  readyCallOf,
  recordingCallOf,
  untilAllHealthy,
} from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const KILLED_AFTER_MS = 6_000;
const CALL_SECONDS = 14;
/** Docker starts docker-guard again, which takes half a minute on a busy host. */
const TAKE_OVER_LIMIT_MS = 60_000;
/** The promised maximum loss. */
const GAP_SECONDS = 1;

test("health says that no recorder can start while their network is away, and recovers", async () => {
  const part = async () => (await (await request("/api/health")).json()).parts.docker;
  await runOrThrow("docker", ["stop", "--time", "1", `${PROJECT}-recorder-network`]);
  try {
    expect(await part()).toMatchObject({ status: "failing", reason: expect.stringContaining("is not running") });
  } finally {
    await runOrThrow("docker", ["start", `${PROJECT}-recorder-network`]);
  }
  expect(await part()).toEqual({ status: "ok" });
});

test.each([
  ["a recorder that is killed during a call is", ["recorder"]],
  ["a recorder and docker-guard that are killed together during a call are", ["recorder", "docker-guard"]],
  ["a recorder whose network is killed during a call is", ["recorder-network"]],
] as const)("%s replaced, and both parts become one file", async (_, victims) => {
  await using testBrowser = await openTestBrowser("chromium");
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  const call = await recordingCallOf(peerId);
  const legId = call.legs[0]?.id ?? "";
  await page.talk(KILLED_AFTER_MS);

  const [killed] = await recorderContainers({ legId });
  await Promise.all(
    victims.map((victim) =>
      victim === "recorder"
        ? runOrThrow("docker", ["kill", "--signal", "KILL", killed?.ID ?? ""])
        : killService(victim),
    ),
  );
  const manifest = `calls/${call.startedAt.slice(0, 10).replaceAll("-", "/")}/${call.id}/call.json`;
  await waitFor("another recorder has taken over", TAKE_OVER_LIMIT_MS, async () => {
    const found = await recorderContainers({ legId });
    return found.some(({ ID, Status }) => ID !== killed?.ID && Status.startsWith("Up"));
  });
  await page.talk(CALL_SECONDS * 1000);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  const ready = await readyCallOf(peerId, endedAt, PATIENCE_MS);

  // 98 % of all frames and audio packets, in one file that decodes: less than a second is missing.
  await expectCompleteRecording(ready, sent, { seconds: CALL_SECONDS, within: 1 });
  const { legs } = JSON.parse(await readVolume(manifest));
  expect(legs[0].parts).toMatchObject([{ reason: "recorder_lost" }]);
  expect(legs[0].gapSeconds).toBeLessThanOrEqual(GAP_SECONDS);
  expect(ready.leg.error).toBeUndefined();
  await expectNothingLeft();
  await untilAllHealthy();
  await waitFor("all slots are free", PATIENCE_MS, async () => {
    const samples = await scrape("orchestrator");
    return ["recorders", "recorder_containers"].every((name) => samples.get(`call_recorder_${name}`) === 0);
  });
});
