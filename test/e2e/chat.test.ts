import { expect, test } from "vitest";
import { getCall, request } from "../bundle/api.ts";
import { composeOrThrow } from "../bundle/compose.ts";
import { runOrThrow } from "../bundle/run.ts";
import { allHealthy } from "../bundle/services.ts";
import { PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

test.each(["binary", "json", "none"])(
  "messages from pages to the recorder are stored with their call (%s)",
  async (serialization) => {
    await using testBrowser = await openTestBrowser("chromium");
    const { page, peerId } = await testBrowser.caller();
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8", metadata: { name: "Ada" } });
    const { id } = await recordingCallOf(peerId);
    await page.connect(RECORDER_PEER_ID, { serialization });
    await page.talk(1_500);
    await page.say("grüß <b>dich</b>");
    await page.talk(3_000);
    await page.say("bye");
    const lines = await waitFor("both messages are stored", PATIENCE_MS, async () => {
      const kept = await linesOf(id);
      return kept.length === 2 && kept;
    });
    expect(lines).toMatchObject([
      { peerId, name: "Ada", text: "grüß <b>dich</b>" },
      { peerId, name: "Ada", text: "bye" },
    ]);
    const endedAt = Date.now();
    await page.hangUp("close(true)");
    const { call, leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);
    expect(call.chat).toEqual({ messages: "chat.jsonl", subtitles: "chat.vtt" });

    const [first] = await waitFor("the subtitles are available", PATIENCE_MS, async () => {
      const cues = await cuesOf(id);
      return cues.length === 2 && cues;
    });
    expect(first?.words).toBe("<v Ada>grüß &lt;b&gt;dich&lt;/b&gt;");
    const written = (Date.parse(lines[0]?.at ?? "") - Date.parse(leg.startedAt ?? "")) / 1_000;
    expect(first?.from).toBeCloseTo(written, 1);
    expect(written).toBeGreaterThan(1);
    await expectNothingLeft();
  },
);

test("a chat continues across a restart of the orchestrator, and stays with its call", async () => {
  await using testBrowser = await openTestBrowser("chromium");
  const { page, peerId } = await testBrowser.caller();
  await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
  const { id } = await recordingCallOf(peerId);
  await page.connect(RECORDER_PEER_ID, { serialization: "json" });
  await page.say({ before: 1 });
  await waitFor("the message is stored", PATIENCE_MS, async () => (await linesOf(id)).length === 1);
  await composeOrThrow(["kill", "orchestrator"]);
  await runOrThrow("docker", ["start", `${PROJECT}-orchestrator-1`]);
  await waitFor("all services are healthy", PATIENCE_MS, allHealthy);
  await page.say({ after: 2 });
  const lines = await waitFor("the second message is stored", PATIENCE_MS, async () => {
    const kept = await linesOf(id);
    return kept.length === 2 && kept;
  });
  expect(lines).toMatchObject([{ json: { before: 1 } }, { json: { after: 2 } }]);
  const endedAt = Date.now();
  await page.hangUp("close(true)");
  await readyCallOf(peerId, endedAt, PATIENCE_MS);
  await expectNothingLeft();
});

async function linesOf(callId: string): Promise<{ at: string; text?: string; json?: unknown }[]> {
  const response = await request(`/api/calls/${callId}/files/chat.jsonl`);
  if (response.status === 404) return [];
  expect(response.headers.get("content-type")).toContain("application/jsonl");
  return (await response.text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function cuesOf(callId: string): Promise<{ from: number; words: string }[]> {
  const { chat } = await getCall(callId);
  const response = await request(`/api/calls/${callId}/files/${chat?.subtitles}`);
  if (response.status === 404) return [];
  const cues = (await response.text()).matchAll(/^00:00:(\S+) --> .*\n(.*)$/gm);
  return [...cues].map(([, from, words = ""]) => ({ from: Number(from), words }));
}
