import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { composeOrThrow } from "../bundle/compose.ts";
import { runOrThrow } from "../bundle/run.ts";
import { PROJECT } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, untilAllHealthy } from "./expectations.ts";
import { newPeerId, openTestBrowser } from "./testBrowser.ts";

const CALL_MS = 2_000;

test("a recorder whose peer id is taken logs it once, records with its other ids, and registers the id when it is free", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const holder = await testBrowser.caller();
  const other = newPeerId("recorder");
  await using orchestrator = await anotherOrchestrator([holder.peerId, other]);

  const refusals = async () => (await orchestrator.log()).filter((line) => line.includes("PEER_REFUSED"));
  await waitFor("the clash is logged", 20_000, async () => (await refusals()).length > 0, orchestrator.log);
  expect((await refusals())[0]).toContain(holder.peerId);

  const caller = await testBrowser.caller();
  await waitFor("the other peer id is registered", 10_000, async () =>
    (await orchestrator.log()).some((line) => line.includes(other) && line.includes("registered")),
  );
  await caller.page.call(other, { videoCodec: "VP8" });
  await caller.page.talk(CALL_MS);
  const endedAt = Date.now();
  await caller.page.hangUp("close(true)");
  await readyCallOf(caller.peerId, endedAt, PATIENCE_MS);
  expect(await refusals()).toHaveLength(1);

  await holder.page.tab.close();
  await waitFor("the id is taken once it is free", 15_000, async () =>
    (await orchestrator.log()).some((line) => line.includes(holder.peerId) && line.includes('"registered"')),
  );
  await expectNothingLeft();
  await untilAllHealthy();
});

interface Orchestrator extends AsyncDisposable {
  /** Its log lines. */
  log(): Promise<string[]>;
}

/** A second orchestrator beside the bundle's own, with other peers. */
async function anotherOrchestrator(peers: string[]): Promise<Orchestrator> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const file = join(folder, "config.yaml");
  await writeFile(file, JSON.stringify({ peers }));
  const name = `${PROJECT}-clash`;
  await composeOrThrow(["run", "--detach", "--no-deps", "--name", name, "orchestrator"], {
    env: { CONFIG_FILE: file },
  });
  return {
    log: async () => (await runOrThrow("docker", ["logs", name])).split("\n"),
    async [Symbol.asyncDispose]() {
      await runOrThrow("docker", ["stop", name]);
      await runOrThrow("docker", ["rm", "--volumes", name]);
      await rm(folder, { recursive: true });
    },
  };
}
