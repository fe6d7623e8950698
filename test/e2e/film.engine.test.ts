import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LegIn } from "../../orchestrator/src/archive/library/manifest.ts";
import { FilmForm } from "../../orchestrator/src/follow-up/film/filmForm.ts";
import { type CallId, newLegId } from "../../orchestrator/src/ids.ts";
import { readyLeg } from "../../orchestrator/src/testing/manifests.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { runOrThrow } from "../bundle/run.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { findBeeps } from "../fidelity/beeps.ts";
import { decodeFrames, decodeSound, type TimedFrame } from "../fidelity/decode.ts";
import { generate } from "../fidelity/generate.ts";
import { FRAME_RATE } from "../fidelity/pattern.ts";
import { median } from "../fidelity/statistics.ts";
import { FilmBench, jobDone, makeFilm } from "../film/filmBench.ts";

const IN_SYNC_MS = 40;
/** A film shows the nearest frame in time: at most half a frame away, plus the rounding to milliseconds in files. */
const PICTURE_MS = 500 / FRAME_RATE + 2;
const LEG_SECONDS = 8;
/** The second participant starts this much later; not a multiple of a frame. */
const LATER_SECONDS = 2.517;
/** A leg rolls over to its next file after this time. */
const SEAM_SECONDS = 4;
const LIMIT_MS = 120_000;
const LEFT = "640:360:0:0";
const RIGHT = "640:360:640:0";

let bench: FilmBench;
let callId: CallId;
let legs: LegIn<"ready">[];

beforeAll(async () => {
  bench = await FilmBench.open();
  const start = new Date();
  callId = await bench.newCall(start);
  legs = await Promise.all([0, LATER_SECONDS].map((seconds, index) => recorded(start.getTime(), seconds, index)));
  await bench.describe(callId, start, legs);
});
afterAll(() => bench?.[Symbol.asyncDispose]());

test("two recordings become a film with both at their true times, although the orchestrator is killed in the middle", async () => {
  const first = await bench.begin();
  const film = { form: FilmForm.parse({ audio: "split" }), legs: legs.map(({ id }) => id) };
  const { id } = await first.jobs.queue({ name: "film" }, { callId, order: film });
  await waitFor(
    "the film container is running",
    LIMIT_MS,
    async () => (await recorderContainers({ project: bench.project })).length > 0,
  );
  await first.jobs.close();
  expect(await recorderContainers({ project: bench.project })).toHaveLength(1);

  const second = await bench.begin();
  expect(await jobDone(second.jobs, id)).toMatchObject({ progress: 100, attempts: 1 });
  const { film: made } = (await second.calls.get(callId)) ?? {};
  const path = bench.paths.recording(callId, made?.file.name ?? "");
  const [left, right] = [await decodeFrames(path, LEFT), await decodeFrames(path, RIGHT)];
  const [leftBeeps, rightBeeps] = [findBeeps(await decodeSound(path, 0)), findBeeps(await decodeSound(path, 1))];

  const errors = {
    left: pictureErrors(left, 0),
    right: pictureErrors(right, LATER_SECONDS),
    leftSound: soundErrors(leftBeeps, 0),
    rightSound: soundErrors(rightBeeps, LATER_SECONDS),
  };
  await recordMeasurements({ test: "film by the engine", ...Object.fromEntries(Object.entries(errors).map(named)) });
  for (const all of [errors.left, errors.right]) expect(Math.max(...all.map(Math.abs))).toBeLessThan(PICTURE_MS);
  for (const all of [errors.leftSound, errors.rightSound]) {
    expect(Math.max(...all.map(Math.abs))).toBeLessThan(IN_SYNC_MS);
  }
  expect(errors.left.length).toBeGreaterThan(LEG_SECONDS * FRAME_RATE * 0.95);
  expect(errors.right.length).toBeGreaterThan(LEG_SECONDS * FRAME_RATE * 0.95);
  expect(errors.leftSound.length).toBe(LEG_SECONDS - 1);
  expect(errors.rightSound.length).toBe(LEG_SECONDS - 1);
  expect(made?.file.durationSeconds).toBeCloseTo(LATER_SECONDS + LEG_SECONDS, 0);
  // An absent participant is a dark tile.
  expect(
    right.filter(({ seconds }) => seconds < LATER_SECONDS - 0.05).every(({ counter }) => counter === undefined),
  ).toBe(true);
  expect(await readdir(bench.paths.spool)).toEqual([]);
  await second.jobs.close();
});

test("a film contains all files of a leg that has rolled over, each at its true time", async () => {
  const start = new Date();
  const rolledCall = await bench.newCall(start);
  const leg = await rolledOver(rolledCall, start.getTime());
  await bench.describe(rolledCall, start, [leg]);
  const makers = await bench.begin();
  const { film, path } = await makeFilm(makers, rolledCall, FilmForm.parse({}), [leg]);
  const frames = await decodeFrames(path, LEFT);
  const beeps = findBeeps(await decodeSound(path, 0));
  // The pattern restarts in each file. Within the promised tolerance of the seam, either file may be shown.
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
  await recordMeasurements({
    test: "film of a leg that has rolled over",
    files: files.map((all) => Object.fromEntries(Object.entries(all).map(named))),
  });
  for (const { pictures, sounds } of files) {
    expect(pictures.length).toBeGreaterThan(SEAM_SECONDS * FRAME_RATE * 0.95);
    expect(sounds).toHaveLength(SEAM_SECONDS - 1);
    expect(Math.max(...[...pictures, ...sounds].map(Math.abs))).toBeLessThan(IN_SYNC_MS);
  }
  expect(film.file.durationSeconds).toBeCloseTo(2 * SEAM_SECONDS, 0);
  await makers.jobs.close();
});

test("a recording gets a poster, thumbnails of different moments, and a waveform", async () => {
  const { jobs, calls, library } = await bench.begin();
  const name = legs[0]?.file.name ?? "";
  const { id } = await jobs.queue({ name: "preview" }, { callId, subject: name, order: { file: name } });
  await jobDone(jobs, id);
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

/** A checksum of a thumbnail's content. */
function tileOf(image: string, index: number): Promise<string> {
  const filters = ["-vf", `crop=160:90:${index * 160}:0`];
  return runOrThrow("ffmpeg", ["-v", "error", "-i", image, ...filters, "-f", "md5", "-"]);
}

/** A leg whose recording is the pattern from its first frame. */
async function recorded(startMs: number, laterSeconds: number, index: number): Promise<LegIn<"ready">> {
  const at = new Date(startMs + laterSeconds * 1000);
  const id = newLegId(at);
  await generate(join(bench.paths.call(callId), `${id}.webm`), LEG_SECONDS);
  const clock = { firstUnixMs: startMs + laterSeconds * 1000, rate: 1, source: "sender_report" as const };
  const streams = (["audio", "video"] as const).map((kind) => ({ kind, codec: kind === "audio" ? "opus" : "vp8" }));
  return {
    ...readyLeg(at, id),
    endedAt: new Date(at.getTime() + LEG_SECONDS * 1000).toISOString(),
    ...{ peerId: `party-${index}`, metadata: { call: "talk" } },
    tracks: [{ kind: "video", clock, counters: {} }],
    file: { name: `${id}.webm`, bytes: 1, durationSeconds: LEG_SECONDS, streams },
  };
}

/** A leg with two files, as in the manifest: the leg's own tracks are those of the last file. */
async function rolledOver(id: CallId, startMs: number): Promise<LegIn<"ready">> {
  const folder = bench.paths.call(id);
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
  const endedAt = files[1]?.endedAt ?? base.endedAt;
  return { ...base, endedAt, tracks: files[1]?.tracks ?? [], files, file: files[0]?.file ?? base.file };
}

/** Film time minus true time, in milliseconds, of each readable frame: frame n belongs at n / 30 s. */
function pictureErrors(frames: readonly TimedFrame[], laterSeconds: number): number[] {
  return frames.flatMap(({ counter, seconds }) =>
    counter === undefined ? [] : [1000 * (seconds - laterSeconds - counter / FRAME_RATE)],
  );
}

/** The first beep and the first flash are at one second. */
function soundErrors(beeps: readonly number[], laterSeconds: number): number[] {
  return beeps.map((at) => 1000 * (at - laterSeconds - Math.round(at - laterSeconds)));
}

const named = ([name, all]: [string, number[]]) => [
  name,
  { count: all.length, median: median([...all]), most: Math.max(...all.map(Math.abs)) },
];
