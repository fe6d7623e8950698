import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { openCallerPage } from "../browsers/callerPage.ts";
import { request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { recreate } from "../bundle/recreate.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { API_KEY, MEDIA_PORT, PROJECT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { expectProgramRecorded, gatewayApis } from "../programs/recordedProgram.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recorderIsRegistered, untilAllHealthy } from "./expectations.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const TURN_PORT = MEDIA_PORT + 500;
const BUILD_LIMIT_MS = 300_000;
const CALL_MS = 3_000;
const FRAMES_KEPT = 0.98;

const IceServers = z.object({
  iceServers: z.tuple([z.object({ urls: z.array(z.string()), username: z.string(), credential: z.string() })]),
});
const GATEWAY = "skyway-webrtc-gateway";
const OVERLAY = ["--file", "compose/turn.yml"];
const env = { TURN_PORT: String(TURN_PORT), TURN_SECRET: randomBytes(16).toString("hex") };
const RELAY = { GATEWAY_ICE_TRANSPORT_POLICY: "relay" };

let testBrowser: TestBrowser;
beforeAll(async () => {
  await composeOrThrow([...OVERLAY, "build", "turn"], { limitMs: BUILD_LIMIT_MS, env });
  await recreate(["turn", "signaling"], { files: OVERLAY, env });
  testBrowser = await openTestBrowser("chromium");
  await recorderIsRegistered();
}, BUILD_LIMIT_MS);
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await run("docker", ["rm", "--force", `${PROJECT}-turn-1`]);
  await recreate(["signaling", GATEWAY]);
  await recorderIsRegistered();
  await untilAllHealthy();
});

test("a page that can reach only the TURN server is recorded", async () => {
  const { addresses, turn } = await recordRelayed();
  expect(addresses.used).not.toMatch(new RegExp(`^${turn}:`));
});

test("TURN relays only to the bundle's own network, and only with a credential", async () => {
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

test("a call to a gateway that is reachable only through TURN is recorded: both ends are relayed", async () => {
  await recreate([GATEWAY], { files: OVERLAY, env: { ...env, ...RELAY } });
  await recorderIsRegistered();

  const { addresses, turn } = await recordRelayed();

  expect(addresses).toEqual({ named: [expect.stringMatching(new RegExp(`^${turn}:`))], used: addresses.named[0] });
  expect(await composeOrThrow(["logs", "--no-log-prefix", GATEWAY])).not.toContain(env.TURN_SECRET);
});

test("a program of a gateway behind TURN is recorded: both ends are at the same gateway", async () => {
  await recreate([GATEWAY], { files: OVERLAY, env: { ...env, ...RELAY } });
  await recorderIsRegistered();
  const [gateway] = await gatewayApis();
  await expectProgramRecorded(gateway ?? expect.fail("no gateway"), "VP8");
});

/** The recorder's candidates, the address that media was sent to, and the TURN server's address. */
async function recordRelayed() {
  const page = await openCallerPage(testBrowser.browser, testBrowser.pages);
  await page.capture();
  const config = { iceServers: await iceServers(), iceTransportPolicy: "relay" as const };
  const peerId = await page.open({ ...SIGNALING, config }, newPeerId("relayed"));
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await page.connect(RECORDER_PEER_ID, { serialization: "json" }); // a data connection opens too
  await page.talk(CALL_MS);
  expect(await page.route()).toBe("relay");
  const addresses = await page.otherSide();
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");

  const { leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);

  const frames = leg.file?.streams.find(({ kind }) => kind === "video")?.frames ?? 0;
  await recordMeasurements({
    test: expect.getState().currentTestName,
    frames: `${frames} of ${sent.video?.framesSent}`,
    addresses,
  });
  expect(frames / (sent.video?.framesSent ?? 0)).toBeGreaterThan(FRAMES_KEPT);
  await page.tab.close();
  await expectNothingLeft();
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const turn = await runOrThrow("docker", ["inspect", "--format", format, `${PROJECT}-turn-1`]);
  return { addresses, turn: turn.trim() };
}

async function iceServers() {
  const response = await request(`/api/apikeys/${API_KEY}/ice-servers`);
  return IceServers.parse(await response.json()).iceServers;
}
