import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AudioOutput, Plan } from "../plan.ts";
import type { Segment } from "./segmentIndex.ts";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "..", "main.ts");
const JOB = "job_0mwthz7sw3f4e5fd91a";
const FOLDER = "calls/2026/11/28/call_0mwthz7sw3f4e5fd91a/audio";
const RATE = 48_000;
const LIMIT = { timeout: 30_000 };
/** A tone whose level rises steadily, so that every moment is unique. */
const signal = (fromSeconds: number) => `aevalsrc='0.02*(1+2*(t+${fromSeconds}))*sin(2*PI*400*t)':s=48000`;
/** Frames of 20 ms, as browsers send them. */
const FRAMES = "asetnsamples=n=960";

let root: string;
let stream: ChildProcess | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "capture-"));
  await mkdir(join(root, "spool"));
});
afterEach(async () => {
  stream?.kill("SIGKILL");
  await rm(root, { recursive: true });
});

const trackFile = (leg: string, part = 1) => `spool/${leg}-p${part}.audio.mkv.part`;
const track = (leg: string, startUnixMs: number, part = 1) => ({
  id: leg,
  tracks: [{ kind: "audio" as const, file: trackFile(leg, part), startUnixMs, rate: 1 }],
});

/** A track like those of recorders, but with PCM, so that samples can be compared exactly. */
async function recordTrack(leg: string, seconds: number, part = 1, fromSeconds = 0): Promise<Buffer> {
  const path = join(root, trackFile(leg, part));
  const output = ["-c:a", "pcm_s16le", "-f", "matroska", "-cluster_time_limit", "1000", "-y", path];
  await run("ffmpeg", [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    `${signal(fromSeconds)}:d=${seconds}`,
    "-af",
    FRAMES,
    ...output,
  ]);
  return readFile(path);
}

async function plan(audio: Partial<AudioOutput>, participants: Plan["participants"], isOver = false): Promise<void> {
  const whole: Plan = {
    version: 1,
    folder: "live/call_0mwthz7sw3f4e5fd91a",
    ...{ outputs: ["audio"], pushes: [], width: 640, height: 360, frameRate: 15, videoKbps: 500, audioKbps: 64 },
    audio: { folder: FOLDER, per: "leg", format: "pcm", segmentSeconds: 2, sampleRate: RATE, ...audio },
    participants,
    endedUnixMs: isOver ? Date.now() : null,
  };
  const path = join(root, "spool", `${JOB}.plan.part`);
  await writeFile(`${path}.tmp`, JSON.stringify(whole));
  await rename(`${path}.tmp`, path);
}

function begin(): void {
  const env = { ...process.env, RECORDINGS: root };
  stream = spawn(process.execPath, [PROGRAM, JOB], { env, stdio: ["ignore", "ignore", "inherit"] });
}

async function ended(): Promise<number> {
  const [code] = stream?.exitCode === null ? await once(stream, "exit") : [stream?.exitCode];
  return code;
}

async function index(): Promise<Segment[]> {
  const text = await readFile(join(root, FOLDER, "index.jsonl"), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => (line.endsWith("}") ? [JSON.parse(line)] : []));
}

async function segments(count: number): Promise<Segment[]> {
  for (;;) {
    const found = await index();
    if (found.length >= count) return found;
    await sleep(50);
  }
}

/** The decoded samples of a file, 16 bits each. */
async function decoded(path: string, rate = RATE): Promise<Int16Array> {
  const args = ["-v", "error", "-i", path, "-ac", "1", "-ar", String(rate), "-f", "s16le", "-"];
  const { stdout } = await run("ffmpeg", args, { encoding: "buffer", maxBuffer: 1e8 });
  return new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
}

async function joined(of: readonly Segment[], rate = RATE): Promise<Int16Array> {
  const all = await Promise.all(of.map(({ file }) => decoded(join(root, FOLDER, file), rate)));
  expect(all.map(({ length }) => length)).toEqual(of.map(({ samples }) => samples));
  return Int16Array.from(all.flatMap((samples) => [...samples]));
}

/** Compares two recordings sample by sample. */
function largestDifference(one: Int16Array, other: Int16Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((largest, level, at) => Math.max(largest, Math.abs(level - (other[at] ?? 0))), 0);
}

test("segments join sample-exactly to the leg's audio, even if the capture was killed in between", LIMIT, async () => {
  const whole = await recordTrack("leg_a", 9.3);
  const sound = await decoded(join(root, trackFile("leg_a")));
  const half = Math.floor(whole.length * 0.6);
  await writeFile(join(root, trackFile("leg_a")), whole.subarray(0, half));
  const startUnixMs = Date.now() - 6_000;
  await plan({}, [track("leg_a", startUnixMs)]);
  begin();
  await segments(2);
  stream?.kill("SIGKILL");
  await ended();
  await appendFile(join(root, trackFile("leg_a")), whole.subarray(half));
  begin();
  await segments(3);
  await plan({}, [], true);
  expect(await ended()).toBe(0);

  const all = await index();
  expect(all.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(all.map(({ samples }) => samples)).toEqual([...Array(4).fill(2 * RATE), 1.3 * RATE]);
  expect(all.map(({ start }) => Date.parse(start) - startUnixMs)).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
  expect(all.some(({ gapSeconds }) => gapSeconds)).toBe(false);
  expect(largestDifference(await joined(all), sound)).toBeLessThanOrEqual(1);
  const names = (await readdir(join(root, FOLDER))).sort();
  expect(names).toEqual([...all.map(({ file }) => file), "index.jsonl"]);
});

test("after a recorder takeover, the leg's audio is complete and nothing is repeated", LIMIT, async () => {
  await recordTrack("leg_a", 6);
  const sound = await decoded(join(root, trackFile("leg_a")));
  await recordTrack("leg_a", 3.2);
  await recordTrack("leg_a", 4, 2, 2);
  const startUnixMs = Date.now() - 4_000;
  await plan({}, [track("leg_a", startUnixMs)]);
  begin();
  await segments(1);
  await plan({}, [{ id: "leg_a", tracks: [] }]); // the start of the next track is not known yet
  await plan({}, [track("leg_a", startUnixMs + 2_000, 2)]);
  await segments(2);
  await plan({}, [], true);
  expect(await ended()).toBe(0);
  const all = await index();
  expect(all.map(({ samples }) => samples)).toEqual(Array(3).fill(2 * RATE));
  expect(largestDifference(await joined(all), sound)).toBeLessThanOrEqual(1);
});

test("the index states how much audio is missing after an interruption", LIMIT, async () => {
  await recordTrack("leg_a", 4);
  const startUnixMs = Date.now() - 60_000;
  await mkdir(join(root, FOLDER), { recursive: true });
  const last = { file: "x.wav", leg: "leg_a", number: 7, start: new Date(startUnixMs - 9_500).toISOString() };
  const line = JSON.stringify({ ...last, seconds: 2, samples: 2 * RATE, sampleRate: RATE });
  await writeFile(join(root, FOLDER, "index.jsonl"), `${line}\n{"file":"hal`);
  await plan({}, [track("leg_a", startUnixMs)]);
  begin();
  await segments(2);
  await plan({}, [], true);
  expect(await ended()).toBe(0);
  const lines = (await readFile(join(root, FOLDER, "index.jsonl"), "utf8")).split("\n");
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({
    number: 8,
    gapSeconds: 7.5,
    start: new Date(startUnixMs).toISOString(),
  });
});

test("a write error ends the program with code 1, so that it is restarted", LIMIT, async () => {
  await recordTrack("leg_a", 30);
  await plan({}, [track("leg_a", Date.now() - 30_000)]);
  begin();
  await segments(1);
  // Renamed, because deleting file by file would race with the writer.
  await rename(join(root, FOLDER), join(root, "elsewhere"));
  expect(await ended()).toBe(1);
});

test("each Opus segment has the exact number of samples, and 16 kHz has a third of them", LIMIT, async () => {
  await recordTrack("leg_a", 4.5);
  await recordTrack("leg_b", 4.5);
  const sound = await decoded(join(root, trackFile("leg_a")));
  const startUnixMs = Date.now() - 4_600;
  await plan({ format: "opus" }, [track("leg_a", startUnixMs)]);
  begin();
  await segments(2);
  await plan({ format: "opus" }, [], true);
  expect(await ended()).toBe(0);
  const opus = await index();
  expect(opus.map(({ file }) => /\.opus$/.test(file))).toEqual([true, true, true]);
  const heard = await joined(opus);
  expect(heard.length).toBe(sound.length);
  for (let at = RATE; at < sound.length; at += RATE / 2) {
    const [own, other] = [sound, heard].map((samples) => rms(samples.subarray(at, at + RATE / 10)));
    expect((other ?? 0) / (own ?? 1)).toBeCloseTo(1, 1);
  }

  await rm(join(root, FOLDER), { recursive: true });
  await plan({ sampleRate: 16_000 }, [track("leg_b", Date.now() - 4_600)]);
  begin();
  await segments(1);
  await plan({ sampleRate: 16_000 }, [], true);
  expect(await ended()).toBe(0);
  const narrow = await index();
  expect(narrow.slice(0, 2).map(({ samples, sampleRate }) => [samples, sampleRate])).toEqual(
    Array(2).fill([32_000, 16_000]),
  );
  expect(Math.abs((await joined(narrow, 16_000)).length - 4.5 * 16_000)).toBeLessThan(160);
});

test("a mix has every leg at its own time and at its own level", LIMIT, async () => {
  await recordTrack("leg_a", 5);
  await recordTrack("leg_b", 3);
  const [a, b] = [await decoded(join(root, trackFile("leg_a"))), await decoded(join(root, trackFile("leg_b")))];
  const startUnixMs = Date.now() - 5_000;
  const both = [track("leg_a", startUnixMs), track("leg_b", startUnixMs + 1_500)];
  await plan({ per: "call" }, both);
  begin();
  await segments(1);
  await plan({ per: "call" }, [], true);
  expect(await ended()).toBe(0);
  const all = await index();
  expect(all.every(({ leg, file }) => leg === null && file.endsWith("-call.wav"))).toBe(true);
  const expected = a.map((level, at) => level + (b[at - 1.5 * RATE] ?? 0));
  expect(largestDifference(await joined(all), expected)).toBeLessThanOrEqual(2);
});

const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, level) => sum + level * level, 0) / samples.length);
