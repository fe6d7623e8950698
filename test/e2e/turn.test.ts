import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openCallerPage } from "../browsers/callerPage.ts";
import { request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { run } from "../bundle/run.ts";
import { API_KEY, MEDIA_PORT, PROJECT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectAllHealthy, expectNothingLeft, PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { newPeerId, openStage, type Stage } from "./stage.ts";

const TURN_PORT = MEDIA_PORT + 500;
const BUILD_LIMIT_MS = 300_000;
const CALL_MS = 3_000;
const FRAMES_KEPT = 0.98;

const IceServers = z.object({
  iceServers: z.tuple([z.object({ urls: z.array(z.string()), username: z.string(), credential: z.string() })]),
});
const RECREATE = ["up", "--detach", "--wait", "--no-deps"];

let stage: Stage;
beforeAll(async () => {
  const env = { TURN_PORT: String(TURN_PORT), TURN_SECRET: randomBytes(16).toString("hex") };
  const overlay = ["--file", "compose/turn.yml"];
  await composeOrThrow([...overlay, "build", "turn"], { limitMs: BUILD_LIMIT_MS, env });
  await composeOrThrow([...overlay, ...RECREATE, "--no-build", "turn", "signaling"], { env });
  stage = await openStage("chromium");
  await waitFor("the recorder is registered again", PATIENCE_MS, async () => {
    const peers = await request(`/api/apikeys/${API_KEY}/peers/${RECORDER_PEER_ID}/exists`);
    return peers.ok && (await peers.json()).exists;
  });
}, BUILD_LIMIT_MS);
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await run("docker", ["rm", "--force", `${PROJECT}-turn-1`]);
  await composeOrThrow([...RECREATE, "--no-build", "signaling"]);
  await expectAllHealthy();
});

test("a page that reaches the TURN server alone is recorded", async () => {
  const page = await openCallerPage(stage.browser, stage.pages);
  await page.capture();
  const config = { iceServers: await iceServers(), iceTransportPolicy: "relay" as const };
  const peerId = await page.open({ ...SIGNALING, config }, newPeerId("relayed"));
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.talk(CALL_MS);
  expect(await page.route()).toBe("relay");
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");

  const { leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);

  const frames = leg.file?.streams.find(({ kind }) => kind === "video")?.frames ?? 0;
  expect(frames / (sent.video?.framesSent ?? 0)).toBeGreaterThan(FRAMES_KEPT);
  await page.tab.close();
  await expectNothingLeft();
});

test("TURN relays to the bundle's own network and nowhere else, and to nobody without a credential", async () => {
  const [{ username, credential }] = await iceServers();
  const reach = (peer: string, password: string) =>
    run("docker", [
      ...["exec", `${PROJECT}-turn-1`, "turnutils_uclient", "-n", "1", "-c", "-e", peer],
      ...["-u", username, "-w", password, "127.0.0.1"],
    ]);

  const outside = await reach("198.51.100.7", credential);
  const stranger = await reach("172.17.0.1", "guessed");

  expect(outside.stdout + outside.stderr).toContain("403 (Forbidden IP)");
  expect(stranger.stdout + stranger.stderr).toContain("Cannot complete Allocation");
});

async function iceServers() {
  const response = await request(`/api/apikeys/${API_KEY}/ice-servers`);
  return IceServers.parse(await response.json()).iceServers;
}
