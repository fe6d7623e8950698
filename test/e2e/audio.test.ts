import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Call, fileUrl, findCallOf, getCall, type Leg, listCalls, request } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { jobsOf } from "../bundle/jobs.ts";
import { buildLive } from "../bundle/live.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { run, runOrThrow } from "../bundle/run.ts";
import { ORIGIN, PROJECT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { localFilesOf, StorageServer, uploadTo } from "../bundle/storage.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { findBeeps } from "../fidelity/beeps.ts";
import { decodeSound, SAMPLE_RATE } from "../fidelity/decode.ts";
import { openPatternPage } from "../fidelity/patternPage.ts";
import { median } from "../fidelity/statistics.ts";
import { newPeerId, openTestBrowser, type TestBrowser } from "./testBrowser.ts";

const SEGMENT_SECONDS = 2;
const LIVE = `
live:
  graceSeconds: 1
  audio:
    segmentSeconds: ${SEGMENT_SECONDS}
`;
const LIMIT_MS = 60_000;
/** Maximum distance between a beep in a segment and the same beep in the recording. */
const SAME_MOMENT_MS = 40;
/** Sound is placed exactly only about a second after the sender's first RTCP report. */
const REPORTED_MS = 4_000;
/** On a busy host; what is usual is measured. */
const LATE_MS = 15_000;
/** Times in the index are in milliseconds. */
const JOIN_MS = 2;

interface Segment {
  file: string;
  leg: string;
  number: number;
  start: string;
  seconds: number;
  samples: number;
  gapSeconds?: number;
}

interface Heard extends Segment {
  /** When the event was received, in Unix milliseconds. */
  heardMs: number;
}

let testBrowser: TestBrowser;
beforeAll(async () => {
  testBrowser = await openTestBrowser("chromium");
});
afterAll(() => testBrowser?.[Symbol.asyncDispose]());

test("each participant's audio is written in segments during the call, locally and remotely, without gaps", {
  timeout: 3 * LIMIT_MS,
}, async () => {
  for (const { id } of (await listCalls({ limit: "100" })).calls)
    await request(`/api/calls/${id}`, { method: "DELETE" });
  await using live = await buildLive("audio", LIVE);
  await using _ = await uploadTo("webdav", undefined, live);
  await using webdav = await StorageServer.start("webdav");
  await using events = await follow();
  const page = await openPatternPage(testBrowser.browser, testBrowser.pages);
  await using _page = { [Symbol.asyncDispose]: () => page.tab.close().catch(() => undefined) };
  const [peerId, key] = [newPeerId("party"), newPeerId("conversation")];
  await page.open(SIGNALING, peerId);
  for (const name of ["Ada", "Grace"]) {
    await page.call(RECORDER_PEER_ID, ["audio", "video"], { videoCodec: "VP8", metadata: { call: key, name } });
  }
  const { id } = await waitFor("both are recorded", LIMIT_MS, async () => {
    const call = await findCallOf(peerId);
    return call?.legs.filter(({ state }) => state === "recording").length === 2 && call;
  });

  const early = await waitFor("the first segments are on the volume", LIMIT_MS, async () => {
    const found = await indexOf(id);
    return (
      Object.values(Object.groupBy(found, ({ leg }) => leg)).filter((own) => (own?.length ?? 0) >= 2).length === 2 &&
      found
    );
  });
  // Only audio is decoded, and no video is encoded.
  const processes = await runOrThrow("docker", ["top", await containerOf(id, "live")]);
  expect(processes.match(/ffmpeg .*0:a:0/g)).toHaveLength(2);
  expect(processes).not.toMatch(/libx264|0:v:0/);
  const [first] = early;
  const audio = await soundOf(id, first ? [first] : []);
  expect(audio.length).toBe(SEGMENT_SECONDS * SAMPLE_RATE);
  expect(findBeeps(audio).length).toBeGreaterThanOrEqual(1);
  await waitFor("the first segments are uploaded", LIMIT_MS, async () => {
    const there = await webdav.filesOf(id);
    return there["index.jsonl"] && there[first?.file ?? ""];
  });
  const call = await getCall(id);
  expect(call.state).toBe("recording");
  expect(call.live).toMatchObject({ audio: { per: "leg", format: "opus", segmentSeconds: SEGMENT_SECONDS } });
  expect(call.live?.page).toBe(undefined);

  // SIGKILL: the live service cannot clean up.
  await runOrThrow("docker", ["kill", await containerOf(id, "live")]);
  await page.talk(7_000);
  await page.tab.close();
  const ended = await waitFor("the call is over", LIMIT_MS, async () => {
    const seen = await getCall(id);
    return seen.state === "ready" && seen.live?.endedAt ? seen : undefined;
  });

  const all = await indexOf(id);
  expect(ended.live?.audio?.segments).toBe(all.length);
  expect(new Set(all.map(({ leg }) => leg))).toEqual(new Set(ended.legs.map((leg) => leg.id)));
  const figures = [];
  for (const leg of ended.legs)
    figures.push(
      await compared(
        ended,
        leg,
        all.filter((one) => one.leg === leg.id),
      ),
    );
  // Delay from a segment's last sample to its event. Segments from the time of the restart took longer.
  const latenessMs = median(events.segments().map((segment) => segment.heardMs - endMs(segment)));
  await recordMeasurements({ test: "audio", figures, latenessMs });
  expect(latenessMs).toBeLessThan(LATE_MS);
  for (const { offsetsMs, beeps } of figures) {
    expect(offsetsMs.filter((offset) => !(Math.abs(offset) < SAME_MOMENT_MS))).toEqual([]);
    expect(beeps.heard).toBeGreaterThanOrEqual(beeps.recorded - 1);
  }
  expect(new Set(events.segments().map(({ file }) => file))).toEqual(new Set(all.map(({ file }) => file)));
  await waitFor("all segments are uploaded", LIMIT_MS, async () =>
    isDeepStrictEqual(await webdav.filesOf(id), await localFilesOf(id)),
  );
  const jobs = (await jobsOf(id)).filter(({ kind }) => kind !== "upload");
  expect(jobs.map(({ kind, state, attempts }) => [kind, state, attempts]).sort()).toEqual([
    ["live", "done", 2],
    ["upload-audio", "done", 1],
  ]);

  expect((await request(`/api/calls/${id}`, { method: "DELETE" })).status).toBe(200);
  expect(await localFilesOf(id)).toEqual({});
  await waitFor(
    "the segments are removed from the server too",
    LIMIT_MS,
    async () => Object.keys(await webdav.filesOf(id)).length === 0,
  );
});

/** Compares a leg's segments with its recording: they are contiguous, and each beep has the same time. */
async function compared(call: Call, leg: Leg, segments: readonly Segment[]) {
  segments.forEach((segment, index) => {
    const before = segments[index - 1];
    expect(segment.number).toBe(index + 1);
    expect(segment.gapSeconds).toBe(undefined);
    if (before) expect(Math.abs(endMs(before) - Date.parse(segment.start))).toBeLessThanOrEqual(JOIN_MS);
  });
  const [first] = segments;
  const heard = findBeeps(await soundOf(call.id, segments)).map((at) => Date.parse(first?.start ?? "") + 1000 * at);
  await using recording = await download(fileUrl(call, leg));
  const recorded = findBeeps(await decodeSound(recording.path)).map(
    (at) => Date.parse(leg.startedAt ?? "") + 1000 * at,
  );
  const fromMs = Date.parse(leg.startedAt ?? "") + REPORTED_MS;
  const told = recorded.filter((at) => at > fromMs);
  expect(told.length).toBeGreaterThan(10);
  const nearest = told.map(
    (at) => heard.map((other) => other - at).sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? Number.NaN,
  );
  const seconds = segments.reduce((sum, one) => sum + one.seconds, 0);
  return { offsetsMs: nearest, beeps: { recorded: recorded.length, heard: heard.length }, seconds };
}

const endMs = ({ start, seconds }: Segment) => Date.parse(start) + 1000 * seconds;

async function indexOf(id: string): Promise<Segment[]> {
  const path = (await getCall(id)).live?.audioIndex;
  const answer = path === undefined ? undefined : await request(path);
  if (!answer?.ok) return [];
  return (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The concatenated audio of the segments. Checks first that each has its declared length. */
async function soundOf(id: string, segments: readonly Segment[]): Promise<Float32Array> {
  const folder = await mkdtemp(join(tmpdir(), "audio-"));
  try {
    const sounds: Float32Array[] = [];
    for (const { file, samples } of segments) {
      const answer = await request(`/api/calls/${id}/audio/${file}`);
      expect(answer.headers.get("content-type"), file).toBe("audio/ogg");
      await writeFile(join(folder, file), Buffer.from(await answer.arrayBuffer()));
      const sound = await decodeSound(join(folder, file));
      expect(sound.length, file).toBe(samples);
      sounds.push(sound);
    }
    return Float32Array.from(sounds.flatMap((sound) => [...sound]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function containerOf(callId: string, command: string): Promise<string> {
  const labels = ["role=job", `call-id=${callId}`, `project=${PROJECT}`];
  const filters = labels.flatMap((label) => ["--filter", `label=io.skyway-call-recorder.${label}`]);
  const { stdout } = await run("docker", ["ps", "--no-trunc", "--format", "{{.ID}} {{.Command}}", ...filters]);
  const line = stdout.split("\n").find((one) => one.includes(`"${command} job_`));
  return line?.split(" ")[0] ?? "";
}

/** The segments announced on the event stream. */
async function follow(): Promise<AsyncDisposable & { segments(): Heard[] }> {
  const over = new AbortController();
  const answer = await fetch(`${ORIGIN}/api/events`, { signal: over.signal });
  const heard: Heard[] = [];
  let text = "";
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      const all = [...text.matchAll(/event: audio\ndata: (.*)\n\n/g)].map(([, json]) => JSON.parse(json ?? ""));
      for (const segment of all.slice(heard.length)) heard.push({ ...segment, heardMs: Date.now() });
    }
  })().catch(() => undefined);
  return {
    segments: () => heard,
    async [Symbol.asyncDispose]() {
      over.abort();
      await reading;
    },
  };
}
