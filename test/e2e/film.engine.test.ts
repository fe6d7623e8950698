import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CallBook } from "../../orchestrator/src/calls/callBook.ts";
import { systemClock } from "../../orchestrator/src/clock.ts";
import { DockerEngine } from "../../orchestrator/src/engine/dockerEngine.ts";
import { FilmForm } from "../../orchestrator/src/film/filmForm.ts";
import { FilmKind } from "../../orchestrator/src/film/filmJob.ts";
import { type CallId, newCallId, newLegId } from "../../orchestrator/src/ids.ts";
import { JobBook } from "../../orchestrator/src/jobs/jobBook.ts";
import { JobFiles } from "../../orchestrator/src/jobs/jobFiles.ts";
import { Jobs } from "../../orchestrator/src/jobs/jobs.ts";
import type { JobView } from "../../orchestrator/src/jobs/jobView.ts";
import { Library } from "../../orchestrator/src/library/library.ts";
import type { LegIn } from "../../orchestrator/src/library/manifest.ts";
import { Paths } from "../../orchestrator/src/library/paths.ts";
import { PreviewKind } from "../../orchestrator/src/previews/previewJob.ts";
import { Sweeper } from "../../orchestrator/src/recorders/sweeper.ts";
import { readyLeg } from "../../orchestrator/src/testing/manifests.ts";
import { recorderContainers, removeRecorderContainers } from "../bundle/containers.ts";
import { note } from "../bundle/figures.ts";
import { runOrThrow } from "../bundle/run.ts";
import { RECORDER_IMAGE } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { findBeeps } from "../fidelity/beeps.ts";
import { decodeFrames, decodeSound, type TimedFrame } from "../fidelity/decode.ts";
import { generate } from "../fidelity/generate.ts";
import { FRAME_RATE } from "../fidelity/pattern.ts";
import { median } from "../fidelity/statistics.ts";

/** Its own project on the same engine: nothing of the test bundle is touched. */
const PROJECT = `skyway-call-recorder-film-${randomUUID().slice(0, 8)}`;
const IN_SYNC_MS = 40;
const LEG_SECONDS = 8;
/** The second one comes so much later, which is no multiple of a frame. */
const LATER_SECONDS = 2.517;
/** A leg rolls over to its next file so long after it began. */
const SEAM_SECONDS = 4;
const LIMIT_MS = 120_000;
const LEFT = "640:360:0:0";
const RIGHT = "640:360:640:0";

const engine = new DockerEngine(PROJECT);
let volume: string;
let callId: CallId;
let legs: LegIn<"ready">[];

beforeAll(async () => {
  volume = await mkdtemp(join(tmpdir(), "recordings-"));
  const paths = new Paths(volume);
  const start = new Date();
  callId = newCallId(start);
  for (const folder of [volume, paths.spool, paths.call(callId)]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777); // jobs run as 10001
  }
  legs = await Promise.all([0, LATER_SECONDS].map((seconds, index) => recorded(start.getTime(), seconds, index)));
  const manifest = { version: 1 as const, id: callId, key: "talk", startedAt: start.toISOString(), legs };
  await new Library(paths, pino({ level: "silent" })).writeManifest(manifest);
});
afterAll(async () => {
  await removeRecorderContainers(PROJECT);
  await rm(volume, { recursive: true });
});

test("two recordings become a film with both at their true times, though the orchestrator dies in the middle", async () => {
  const first = await orchestrator();
  const film = { form: FilmForm.parse({ audio: "split" }), legs: legs.map(({ id }) => id) };
  const { id } = await first.jobs.queue({ name: "film" }, { callId, order: film });
  await waitFor(
    "its container works",
    LIMIT_MS,
    async () => (await recorderContainers({ project: PROJECT })).length > 0,
  );
  await first.jobs.close();
  expect(await recorderContainers({ project: PROJECT })).toHaveLength(1);

  const second = await orchestrator();
  await waitFor(
    "the film is done",
    LIMIT_MS,
    () => isOver(second.jobs, id),
    () => second.jobs.book.views(),
  );
  expect(second.jobs.book.views()).toMatchObject([{ id, state: "done", progress: 100, attempts: 1 }]);
  const { film: made } = (await second.calls.get(callId)) ?? {};
  const path = new Paths(volume).recording(callId, made?.file.name ?? "");
  const [left, right] = [await decodeFrames(path, LEFT), await decodeFrames(path, RIGHT)];
  const [leftBeeps, rightBeeps] = [findBeeps(await decodeSound(path, 0)), findBeeps(await decodeSound(path, 1))];

  const errors = {
    left: pictureErrors(left, 0),
    right: pictureErrors(right, LATER_SECONDS),
    leftSound: soundErrors(leftBeeps, 0),
    rightSound: soundErrors(rightBeeps, LATER_SECONDS),
  };
  await note({ test: "film by the engine", ...Object.fromEntries(Object.entries(errors).map(named)) });
  for (const all of Object.values(errors)) {
    expect(Math.max(...all.map(Math.abs))).toBeLessThan(IN_SYNC_MS);
  }
  expect(errors.left.length).toBeGreaterThan(LEG_SECONDS * FRAME_RATE * 0.95);
  expect(errors.right.length).toBeGreaterThan(LEG_SECONDS * FRAME_RATE * 0.95);
  expect(errors.leftSound.length).toBe(LEG_SECONDS - 1);
  expect(errors.rightSound.length).toBe(LEG_SECONDS - 1);
  expect(made?.file.durationSeconds).toBeCloseTo(LATER_SECONDS + LEG_SECONDS, 0);
  // Who is not there is a dark tile.
  expect(
    right.filter(({ seconds }) => seconds < LATER_SECONDS - 0.05).every(({ counter }) => counter === undefined),
  ).toBe(true);
  expect(await readdir(new Paths(volume).spool)).toEqual([]);
  await second.jobs.close();
});

test("a leg that has rolled over is in the film with all of its files, each at its true time", async () => {
  const start = new Date();
  const rolledCall = newCallId(start);
  const leg = await rolledOver(rolledCall, start.getTime());
  const { jobs, calls, library } = await orchestrator();
  await library.writeManifest({
    ...{ version: 1, id: rolledCall, key: "rolled", startedAt: start.toISOString() },
    legs: [leg],
  });
  const order = { form: FilmForm.parse({}), legs: [leg.id] };
  const { id } = await jobs.queue({ name: "film" }, { callId: rolledCall, order });
  await waitFor(
    "the film is done",
    LIMIT_MS,
    () => isOver(jobs, id),
    () => jobs.book.views(),
  );
  const { film } = (await calls.get(rolledCall)) ?? {};
  const path = library.paths.recording(rolledCall, film?.file.name ?? "");
  const frames = await decodeFrames(path, LEFT);
  const beeps = findBeeps(await decodeSound(path, 0));
  // The pattern begins anew in each file. Next to the seam, within what is promised, either file may be shown.
  const isFirst = ({ seconds, counter = 0 }: Pick<TimedFrame, "seconds" | "counter">) =>
    Math.abs(seconds - SEAM_SECONDS) * 1000 < IN_SYNC_MS ? counter > FRAME_RATE : seconds < SEAM_SECONDS;
  const files = [0, SEAM_SECONDS].map((at) => ({
    pictures: pictureErrors(
      frames.filter((frame) => isFirst(frame) === (at === 0)),
      at,
    ),
    sounds: soundErrors(
      beeps.filter((seconds) => seconds < SEAM_SECONDS === (at === 0)),
      at,
    ),
  }));
  await note({
    test: "film of a leg that has rolled over",
    files: files.map((all) => Object.fromEntries(Object.entries(all).map(named))),
  });
  for (const { pictures, sounds } of files) {
    expect(pictures.length).toBeGreaterThan(SEAM_SECONDS * FRAME_RATE * 0.95);
    expect(sounds).toHaveLength(SEAM_SECONDS - 1);
    expect(Math.max(...[...pictures, ...sounds].map(Math.abs))).toBeLessThan(IN_SYNC_MS);
  }
  expect(film?.file.durationSeconds).toBeCloseTo(2 * SEAM_SECONDS, 0);
  await jobs.close();
});

test.each(["mp4", "opus", "m4a", "mp3", "wav"] as const)(
  "a film may be %s, verified like a recording",
  async (format) => {
    const { jobs, calls } = await orchestrator();
    const order = { form: FilmForm.parse({ format, tileWidth: 160, tileHeight: 90 }), legs: legs.map(({ id }) => id) };
    const { id } = await jobs.queue({ name: "film" }, { callId, order });
    await waitFor(
      "the film is done",
      LIMIT_MS,
      () => isOver(jobs, id),
      () => jobs.book.views(),
    );
    const { film } = (await calls.get(callId)) ?? {};
    expect(film?.file.name).toBe(`film.${format}`);
    expect(film?.file.streams.map(({ kind }) => kind).sort()).toEqual(
      format === "mp4" ? ["audio", "video"] : ["audio"],
    );
    await jobs.close();
  },
);

test("a recording gets a poster, thumbnails that tell its moments apart, and a waveform", async () => {
  const { jobs, calls, library } = await orchestrator();
  const name = legs[0]?.file.name ?? "";
  const { id } = await jobs.queue({ name: "preview" }, { callId, subject: name, order: { file: name } });
  await waitFor(
    "the preview is done",
    LIMIT_MS,
    () => isOver(jobs, id),
    () => jobs.book.views(),
  );
  const preview = (await calls.get(callId))?.previews?.[name];
  const stem = name.replace(".webm", "");
  expect(preview).toEqual({
    poster: `${stem}.poster.jpg`,
    thumbnails: { image: `${stem}.thumbnails.jpg`, track: `${stem}.thumbnails.vtt` },
    waveform: `${stem}.waveform.png`,
  });
  const path = (file = "") => library.paths.recording(callId, file);
  expect(await sizeOf(path(preview?.poster))).toBe("640x360");
  expect(await sizeOf(path(preview?.thumbnails?.image))).toBe(`${LEG_SECONDS * 160}x90`);
  expect(await sizeOf(path(preview?.waveform))).toBe("1000x120");
  const tiles = Array.from({ length: LEG_SECONDS }, (_, index) => tileOf(path(preview?.thumbnails?.image), index));
  expect(new Set(await Promise.all(tiles)).size).toBe(LEG_SECONDS);
  const track = await readFile(path(preview?.thumbnails?.track), "utf8");
  expect(track.match(/#xywh=/g)).toHaveLength(LEG_SECONDS);
  expect(await readdir(library.paths.spool)).toEqual([]);
  await jobs.close();
});

async function sizeOf(image: string): Promise<string> {
  const entries = ["-show_entries", "stream=width,height", "-of", "csv=p=0:s=x"];
  return (await runOrThrow("ffprobe", ["-v", "error", ...entries, image])).trim();
}

/** What is in a thumbnail, as a sum. */
function tileOf(image: string, index: number): Promise<string> {
  const filters = ["-vf", `crop=160:90:${index * 160}:0`];
  return runOrThrow("ffmpeg", ["-v", "error", "-i", image, ...filters, "-f", "md5", "-"]);
}

const storage = { check: async () => {} };

/** The rooms that make films, as the orchestrator puts them together. */
async function orchestrator() {
  const log = pino({ level: "silent" });
  const library = new Library(new Paths(volume), log);
  const calls = new CallBook(library, systemClock);
  const jobs = new Jobs({
    ...{ engine, clock: systemClock, sweeper: new Sweeper(engine, systemClock) },
    book: new JobBook({ clock: systemClock, files: new JobFiles(library.paths, log), log }),
    defaults: {
      ...{ project: PROJECT, image: RECORDER_IMAGE, memoryMebibytes: 1_024, cpus: 1, cpuShares: 128 },
      recordings: { type: "bind", source: volume },
    },
    rules: { concurrent: 1, whileRecordingAtMost: 1_000 },
    legsRecording: () => 0,
  });
  jobs.register(new FilmKind({ calls, clock: systemClock, library, storage }));
  jobs.register(new PreviewKind({ calls, library, storage }));
  await jobs.start();
  return { jobs, calls, library };
}

function isOver(jobs: Jobs, id: string): JobView | undefined {
  const view = jobs.book.views().find((job) => job.id === id);
  if (view?.state === "failed") throw new Error(JSON.stringify(view));
  return view?.state === "done" ? view : undefined;
}

/** A leg whose recording is the pattern, from its first frame on. */
async function recorded(startMs: number, laterSeconds: number, index: number): Promise<LegIn<"ready">> {
  const at = new Date(startMs + laterSeconds * 1000);
  const id = newLegId(at);
  await generate(join(new Paths(volume).call(callId), `${id}.webm`), LEG_SECONDS);
  const clock = { firstUnixMs: startMs + laterSeconds * 1000, rate: 1, source: "sender_report" as const };
  const streams = (["audio", "video"] as const).map((kind) => ({ kind, codec: kind === "audio" ? "opus" : "vp8" }));
  return {
    ...readyLeg(at, id),
    ...{ peerId: `party-${index}`, metadata: { call: "talk" } },
    tracks: [{ kind: "video", clock, counters: {} }],
    file: { name: `${id}.webm`, bytes: 1, durationSeconds: LEG_SECONDS, streams },
  };
}

/** A leg of two files, as the manifest lists it: the leg's own tracks are those of the last. */
async function rolledOver(id: CallId, startMs: number): Promise<LegIn<"ready">> {
  const folder = new Paths(volume).call(id);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  const at = new Date(startMs);
  const legId = newLegId(at);
  const codecs = { audio: "opus", video: "vp8" };
  const streams = (["audio", "video"] as const).map((kind) => ({ kind, codec: codecs[kind] }));
  const base = readyLeg(at, legId);
  const files = await Promise.all(
    ["", "-2"].map(async (suffix, index) => {
      const name = `${legId}${suffix}.webm`;
      await generate(join(folder, name), SEAM_SECONDS);
      const beganMs = startMs + index * SEAM_SECONDS * 1000;
      const clock = { firstUnixMs: beganMs, rate: 1, source: "sender_report" as const };
      return {
        recorderId: base.recorderId,
        tracks: [{ kind: "video" as const, clock, counters: {} }],
        startedAt: new Date(beganMs).toISOString(),
        endedAt: new Date(beganMs + SEAM_SECONDS * 1000).toISOString(),
        reason: "max_duration",
        file: { name, bytes: 1, durationSeconds: SEAM_SECONDS, streams },
      };
    }),
  );
  return { ...base, tracks: files[1]?.tracks ?? [], files, file: files[0]?.file ?? base.file };
}

/** Film time less true time, in milliseconds, of each frame that can be read: frame n is shown at n / 30 s. */
function pictureErrors(frames: readonly TimedFrame[], laterSeconds: number): number[] {
  return frames.flatMap(({ counter, seconds }) =>
    counter === undefined ? [] : [1000 * (seconds - laterSeconds - counter / FRAME_RATE)],
  );
}

/** The first beep is after a second, as is the first flash. */
function soundErrors(beeps: readonly number[], laterSeconds: number): number[] {
  return beeps.map((at) => 1000 * (at - laterSeconds - Math.round(at - laterSeconds)));
}

const named = ([name, all]: [string, number[]]) => [
  name,
  { count: all.length, median: median([...all]), most: Math.max(...all.map(Math.abs)) },
];
