import { afterAll, afterEach, expect, test } from "vitest";
import { request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { restoreOneGateway, scaleGateways } from "../bundle/gateways.ts";
import { recreate } from "../bundle/recreate.ts";
import { allHealthy } from "../bundle/services.ts";
import { API_KEY, MEDIA_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectProgramRecorded, gatewayApis } from "../programs/recordedProgram.ts";
import { expectNothingLeft, PATIENCE_MS, recorderIsRegistered, untilAllHealthy } from "./expectations.ts";

/** Programs that use the bundle's own gateways, where the recorder is a peer too. */

const GATEWAY = "skyway-webrtc-gateway";
const PORTS = `${MEDIA_PORT + 20}-${MEDIA_PORT + 25}`;
const UNUSED_SECONDS = 40;
/** The orchestrator asks for the id every five seconds. */
const RECOVERY_MS = (UNUSED_SECONDS + 20) * 1_000;

afterEach(expectNothingLeft);
afterAll(async () => {
  await restoreOneGateway();
  await recorderIsRegistered();
  await untilAllHealthy();
});

test.each(["VP8", "H264"] as const)(
  "a program that sends %s through the recorder's gateway is recorded",
  async (video) => {
    const [gateway] = await gatewayApis();
    await expectProgramRecorded(gateway ?? expect.fail("no gateway"), video);
  },
);

test("the recorder gets its id back from a program that took it during a restart and ended", async () => {
  await composeOrThrow(["stop", "orchestrator"]);
  await recreate([GATEWAY], { env: { UNUSED_PEER_SECONDS: String(UNUSED_SECONDS) } });
  const [gateway] = await gatewayApis();
  const taken = await gateway?.post("/peers", { key: API_KEY, domain: "localhost", peer_id: RECORDER_PEER_ID });
  expect(taken?.status).toBe(201);
  await composeOrThrow(["start", "orchestrator"]);
  await waitFor("health shows the refusal", PATIENCE_MS, async () => (await health()) === 503);

  await waitFor("health recovers", RECOVERY_MS, async () => (await health()) === 200);
  await waitFor("all services are healthy", PATIENCE_MS, allHealthy);
  await expectProgramRecorded(gateway ?? expect.fail("no gateway"), "VP8");
});

test("several programs at each of two gateways are recorded at the same time", async () => {
  await scaleGateways(2, PORTS);
  await recorderIsRegistered();
  const gateways = await gatewayApis();
  expect(gateways).toHaveLength(2);
  await Promise.all([...gateways, ...gateways].map((gateway) => expectProgramRecorded(gateway, "VP8")));
});

/** Undefined while the orchestrator restarts. */
async function health(): Promise<number | undefined> {
  const response = await request("/api/health").catch(() => undefined);
  return response?.status;
}
