import { afterEach, expect, test } from "vitest";
import { request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { RudeClients, type Rudeness } from "../bundle/rudeClients.ts";
import { allHealthy, healths, memoryOf } from "../bundle/services.ts";
import { API_KEY, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectCompleteRecording, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId, openTestBrowser } from "./testBrowser.ts";

/** The limits of services/web/haproxy.cfg and docker-compose.yml. */
const REQUEST_LIMIT_MS = 10_000;
const PER_ADDRESS = 1_000;
/** Docker checks health every 5 s and believes three bad checks; requests of `door` count for 12 s. */
const NOTICED_MS = 12_000 + 4 * 5_000 + 5_000;
const MANY = 3_000;
/** The front door counts the sessions of 20 s. */
const SESSIONS_LIMIT_MS = 45_000;
const CALL_MS = 6_000;
const MEBIBYTE = 1024 * 1024;

const answers = async () => (await request("/").catch(() => undefined))?.status === 200;

/** Opens a session of signalling, without a connection. Returns the status. */
const openSession = async () =>
  (
    await request(`/socket.io/?EIO=3&transport=polling&apiKey=${API_KEY}&peerId=${newPeerId("door")}&token=t`).catch(
      () => undefined,
    )
  )?.status;

afterEach(async () => {
  // Other files come from the same address.
  await waitFor("sessions can be opened", SESSIONS_LIMIT_MS, async () => (await openSession()) === 200);
  await waitFor("all services are healthy", NOTICED_MS, allHealthy);
});

test.each(["trickles its head", "trickles its body", "says nothing"] satisfies Rudeness[])(
  "a client that %s is disconnected, and others are served meanwhile",
  async (rudeness) => {
    using clients = await RudeClients.open(300, rudeness);
    expect(await answers()).toBe(true);
    await waitFor(
      "all are disconnected",
      REQUEST_LIMIT_MS * 1.5,
      () => clients.closed === 300,
      () => clients.stillOpen,
    );
  },
);

test("an address cannot take all places of peers by sessions without connections", async () => {
  const statuses: (number | undefined)[] = [];
  const opener = async () => {
    while (statuses.length < PER_ADDRESS * 1.5) statuses.push(await openSession());
  };
  await Promise.all(Array.from({ length: 20 }, opener));
  const count = (status: number) => statuses.filter((one) => one === status).length;
  expect(count(200)).toBeLessThanOrEqual(PER_ADDRESS);
  expect(count(200)).toBeGreaterThan(PER_ADDRESS / 2);
  expect(count(429)).toBeGreaterThan(PER_ADDRESS / 4);
  expect(await answers()).toBe(true);
});

test("thousands of connections are refused above the limit, a running call is recorded whole, and the port works afterwards", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  await recordingCallOf(peerId);
  await page.talk(CALL_MS / 2);
  {
    using sockets = await RudeClients.open(MANY, "opens a WebSocket");
    await waitFor("most are refused", PATIENCE_MS, () => sockets.stillOpen <= PER_ADDRESS);
    expect(sockets.closed).toBeGreaterThanOrEqual(MANY - PER_ADDRESS);
    await page.talk(CALL_MS);
    for (const service of ["web", "signaling"]) expect(await memoryOf(service), service).toBeLessThan(350 * MEBIBYTE);
  }
  await waitFor("the port answers again", PATIENCE_MS, answers);
  const endedAt = Date.now();
  const sent = await page.hangUp("close(true)");
  await expectCompleteRecording(await readyCallOf(peerId, endedAt, PATIENCE_MS), sent, {
    seconds: await page.lasted(),
    within: 1,
  });
});

test("web is unhealthy if no request arrives through its published port", async () => {
  await waitFor("all services are healthy", NOTICED_MS, allHealthy);
  await composeOrThrow(["pause", "door"]);
  try {
    await waitFor("web notices", NOTICED_MS, async () => (await healths())["web"] === "unhealthy");
  } finally {
    await composeOrThrow(["unpause", "door"]);
  }
  await waitFor("web is healthy again", NOTICED_MS, async () => (await healths())["web"] === "healthy");
});
