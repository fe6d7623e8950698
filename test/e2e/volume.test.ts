import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fileUrl, findCallOf, type Leg, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { download } from "../bundle/download.ts";
import { LoopVolume } from "../bundle/loopVolume.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { allHealthy } from "../bundle/services.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectAllHealthy, expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { type Caller, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const VOLUME_MEBIBYTES = 128;
const CONFIGURATION = "storage: { minimumFreeMebibytes: 32 }\n";
const CALL_MS = 3_000;
const NOTICED_LIMIT_MS = 10_000;

let testBrowser: TestBrowser;
let volume: LoopVolume;
beforeAll(async () => {
  [testBrowser, volume] = await Promise.all([
    openTestBrowser("chromium"),
    LoopVolume.mounted(VOLUME_MEBIBYTES, CONFIGURATION),
  ]);
});
afterAll(async () => {
  await testBrowser?.[Symbol.asyncDispose]();
  await volume?.[Symbol.asyncDispose]();
  await expectAllHealthy();
});

beforeEach(() => volume?.makeSpace());

describe.skipIf(process.getuid?.() !== 0)("a separate recordings volume", () => {
  test("that becomes full during calls ends them in order, refuses new calls, and recovers automatically", async () => {
    const callers = await Promise.all([recorded(), recorded()]);
    await volume.fill(20);
    const filledAt = Date.now();

    for (const { peerId } of callers) {
      const { leg, call } = await readyCallOf(peerId, filledAt, PATIENCE_MS);
      expect(leg.reason).toBe("storage_full");
      await using file = await download(fileUrl(call, leg));
      const { decodeErrors, durationSeconds } = await inspect(file.path);
      expect({ decodeErrors, isWhole: durationSeconds > CALL_MS / 1_000 - 1 }).toEqual({
        decodeErrors: "",
        isWhole: true,
      });
    }
    expect(await refused()).toBe("STORAGE_FULL");
    expect(await storageHealth()).toMatchObject({ status: "failing", reason: expect.stringContaining("MiB free") });

    await volume.makeSpace();
    await expectHealthy();
  });

  test("that is suddenly completely full keeps the recordings, which are finished when there is space again", async () => {
    const { peerId } = await recorded();
    await volume.fillUp();
    await waitFor("the call has ended", NOTICED_LIMIT_MS, async () => (await legOf(peerId))?.state !== "recording");
    await volume.makeSpace();
    const { leg, call } = await readyCallOf(peerId, Date.now(), PATIENCE_MS);
    await using file = await download(fileUrl(call, leg));
    expect((await inspect(file.path)).decodeErrors).toBe("");
    await expectHealthy();
  });

  test("that is read-only makes calls be refused, and is used again when it is writable", async () => {
    await volume.remount("ro");
    const { reason } = await unhealthyStorage();
    expect(reason).toMatch(/EROFS|read-only/);
    expect(await refused()).toBe("STORAGE_UNAVAILABLE");
    await volume.remount("rw");
    await expectHealthy();
  });

  test("whose disk fails during a call makes new calls be refused, crashes nothing, and keeps what was written", async () => {
    const { peerId } = await recorded();
    await volume.fail();
    await unhealthyStorage();
    expect(await refused()).toBe("STORAGE_UNAVAILABLE");
    // The file system cannot be repaired while the orchestrator has it mounted.
    await composeOrThrow(["stop", "orchestrator"]);
    await volume.repair();
    await composeOrThrow(["start", "orchestrator"]);
    await waitFor("the orchestrator is back", PATIENCE_MS, allHealthy);
    const { leg, call } = await readyCallOf(peerId, Date.now(), PATIENCE_MS);
    await using file = await download(fileUrl(call, leg));
    const { decodeErrors, durationSeconds } = await inspect(file.path);
    expect({ decodeErrors, isWhole: durationSeconds > CALL_MS / 1_000 - 1.5 }).toEqual({
      decodeErrors: "",
      isWhole: true,
    });
    await expectHealthy();
  });

  test("that is unmounted makes calls be refused, and is used again when it is mounted", async () => {
    await volume.unmountLazily();
    expect(await refused()).toBe("STORAGE_UNAVAILABLE");
    expect(await storageHealth()).toMatchObject({ status: "failing" });
    await volume.mount();
    await expectRecording(); // only a new recorder can see the mounted volume
    expect(await storageHealth()).toMatchObject({ status: "ok" });
  });
});

/** A caller whose call has been recorded for some seconds. */
async function recorded(): Promise<Caller> {
  const caller = await testBrowser.caller();
  await caller.page.call(RECORDER_PEER_ID);
  await recordingCallOf(caller.peerId);
  await caller.page.talk(CALL_MS);
  return caller;
}

/** Makes a call that is refused. @returns the error code. */
async function refused(): Promise<string | undefined> {
  const { page, peerId } = await testBrowser.caller();
  const calling = page.call(RECORDER_PEER_ID).catch(() => undefined);
  const leg = await waitFor("the call is refused", NOTICED_LIMIT_MS, async () => {
    const found = await legOf(peerId);
    return found?.state === "failed" && found;
  });
  await page.tab.close();
  await calling;
  return leg.error?.code;
}

/** Checks that health is green again, that a call is recorded, and that nothing is left over. */
async function expectHealthy(): Promise<void> {
  await waitFor("health is green", NOTICED_LIMIT_MS, async () => (await storageHealth()).status === "ok");
  await expectRecording();
  await expectNothingLeft();
}

async function expectRecording(): Promise<void> {
  const { page, peerId } = await recorded();
  await page.hangUp("close(true)");
  await readyCallOf(peerId, Date.now(), PATIENCE_MS);
}

async function unhealthyStorage(): Promise<{ reason?: string }> {
  return waitFor("health is red", NOTICED_LIMIT_MS, async () => {
    const storage = await storageHealth();
    return storage.status === "failing" && storage;
  });
}

async function legOf(peerId: string): Promise<Leg | undefined> {
  return (await findCallOf(peerId))?.legs.find((leg) => leg.peerId === peerId);
}

async function storageHealth(): Promise<{ status: string; reason?: string }> {
  const { parts } = (await (await request("/api/health")).json()) as {
    parts: { storage: { status: string; reason?: string } };
  };
  return parts.storage;
}
