import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FilmForm } from "../../orchestrator/src/follow-up/film/filmForm.ts";
import type { JobId } from "../../orchestrator/src/ids.ts";
import { recorderContainers } from "../bundle/containers.ts";
import { inspect } from "../bundle/recordingFile.ts";
import { runOrThrow } from "../bundle/run.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { decodeSound } from "../fidelity/decode.ts";
import { FilmBench, type FilmMakers, jobDone, makeFilm } from "../film/filmBench.ts";
import { type Participant, plain, recordCall } from "../film/participants.ts";
import { differenceOf, drawingIn, lettersIn, peakOf, stillOf } from "../film/stills.ts";

/** Films in every format, made by the real engine from single-colour pictures and tones. */

const LIMIT_MS = 30_000;
const SECONDS = 2;
const SMALL = { tileWidth: 160, tileHeight: 90 };
/** How far a codec may change a plain colour. */
const NEAR = 24;
const EMPTY: [number, number, number] = [0x1c, 0x20, 0x26];

let bench: FilmBench;
let makers: FilmMakers;
let call: Awaited<ReturnType<typeof recordCall>>;

beforeAll(async () => {
  bench = await FilmBench.open();
  makers = await bench.begin();
  call = await recordCall(bench, [
    participant("Ada", "red", 400),
    { ...participant("Grace", "blue", 700), atSeconds: 0.5 },
  ]);
});
afterAll(async () => {
  await makers?.jobs.close();
  await bench?.[Symbol.asyncDispose]();
});

function participant(name: string, color: string, hertz: number, loudness = 0.5): Participant {
  return { name, seconds: SECONDS, picture: plain(color), tone: { hertz, loudness } };
}

test.each([
  ["webm", {}, ["audio opus", "video vp8"]],
  ["webm", { videoCodec: "vp9" }, ["audio opus", "video vp9"]],
  ["mp4", {}, ["audio aac", "video h264"]],
  ["opus", {}, ["audio opus"]],
  ["m4a", {}, ["audio aac"]],
  ["mp3", {}, ["audio mp3"]],
  ["wav", {}, ["audio pcm_s16le"]],
] as const)(
  "a film can be %s %j, is as long as the call, valid, and playable before it is fully loaded",
  async (format, more, streams) => {
    const { film, path } = await makeFilm(
      makers,
      call.callId,
      FilmForm.parse({ format, ...more, ...SMALL }),
      call.legs,
    );
    expect(film.file.name).toBe(`film.${format}`);
    const seen = await inspect(path);
    expect(seen.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort()).toEqual(streams);
    expect(film.file.streams.map(({ kind, codec }) => `${kind} ${codec}`).sort()).toEqual(streams);
    expect(seen.decodeErrors).toBe("");
    expect(Math.abs(seen.durationSeconds - (SECONDS + 0.5))).toBeLessThan(0.1);
    const bytes = await readFile(path);
    if (format === "mp4" || format === "m4a") expect(bytes.indexOf("moov")).toBeLessThan(bytes.indexOf("mdat"));
    if (format === "webm") expect(seen.hasCuesInFront).toBe(true);
  },
);

test("an audio-only film gets a waveform", async () => {
  const { film } = await makeFilm(makers, call.callId, FilmForm.parse({ format: "mp3" }), call.legs);
  const order = { file: film.file.name };
  const { id } = await makers.jobs.queue({ name: "preview" }, { callId: call.callId, subject: film.file.name, order });
  await jobDone(makers.jobs, id);
  const preview = (await makers.calls.get(call.callId))?.previews?.[film.file.name];
  expect(preview).toEqual({ waveform: "film.waveform.png" });
  const waveform = await stillOf(bench.paths.recording(call.callId, "film.waveform.png"), 0);
  expect(waveform).toMatchObject({ width: 1000, height: 120 });
  // There is sound from beginning to end, and it never reaches full scale.
  const strips = [110, 500, 890].map((x) => waveform.at(x, 60)[2] > 0 && waveform.at(x, 1)[2] === 0);
  expect(strips).toEqual([true, true, true]);
});

const ODD = [
  "O'Brien: 100 % \\",
  "日本語",
  "%{pts}",
  "Иван",
  "[a],b;c=d",
  "Zoë 😀",
  "x".repeat(60),
  "とても長い名前".repeat(6),
  "é",
];
const COLORS: [name: string, rgb: [number, number, number]][] = [
  ["red", [255, 0, 0]],
  ["green", [0, 128, 0]],
  ["blue", [0, 0, 255]],
  ["orange", [255, 165, 0]],
  ["purple", [128, 0, 128]],
  ["teal", [0, 128, 128]],
  ["olive", [128, 128, 0]],
  ["navy", [0, 0, 128]],
  ["gray", [128, 128, 128]],
];

test("nine participants have a tile each with their name, dark while they are absent, and their mix does not clip", async () => {
  const participants = COLORS.map(([color], index) => participant(ODD[index] ?? "", color, 440, 0.9));
  const [ninth] = participants.splice(8);
  const late = { ...(ninth as Participant), atSeconds: 0.7, seconds: 0.7 };
  const { callId, legs } = await recordCall(bench, [...participants, late]);
  const { path } = await makeFilm(makers, callId, FilmForm.parse({ tileWidth: 320, tileHeight: 180 }), legs);

  const [early, middle, after] = await Promise.all([0.3, 1.1, 1.8].map((seconds) => stillOf(path, seconds)));
  if (!early || !middle || !after) throw new Error("no pictures");
  expect([middle.width, middle.height]).toEqual([960, 3 * 196]);
  COLORS.forEach(([name, rgb], index) => {
    const [x, y] = [(index % 3) * 320, Math.floor(index / 3) * 196];
    const center = [x + 160, y + 90] as const;
    expectNear(middle.at(...center), rgb, name);
    for (const one of [early, after]) expectNear(one.at(...center), index < 8 ? rgb : EMPTY, name);
    // The complete name, and nothing of the neighbouring names.
    const letters = lettersIn(middle, { x, y: y + 180, width: 320, height: 16 });
    expect(letters.length, ODD[index]).toBeGreaterThan(3);
    expect(Math.min(...letters) - x, ODD[index]).toBeGreaterThanOrEqual(2);
    expect(x + 319 - Math.max(...letters), ODD[index]).toBeGreaterThanOrEqual(2);
  });
  // Nine tones in phase at 0.9 add up to 8.1.
  const peak = peakOf(await decodeSound(path, 0));
  expect(peak).toBeGreaterThan(0.5);
  expect(peak).toBeLessThan(1);
});

/** Draws nine names at most, each in a strip of its own. */
async function drawNames(names: readonly string[]): Promise<{ drawing: Set<number>; letters: number[] }[]> {
  const participants = names.map((name) => ({ name, seconds: 0.3, picture: plain("navy") }));
  const { callId, legs } = await recordCall(bench, participants);
  const form = FilmForm.parse({ tileWidth: 320, tileHeight: 320, layout: "row" });
  const { path } = await makeFilm(makers, callId, form, legs);
  const still = await stillOf(path, 0.1);
  const width = still.width / names.length;
  const height = still.height - Math.round((still.height * 11) / 12 / 2) * 2;
  return names.map((_, seat) => {
    const strip = { x: seat * width, y: still.height - height, width, height };
    return { drawing: drawingIn(still, strip), letters: lettersIn(still, strip) };
  });
}

test("names in any script are drawn with the letters of a font that has them, and never as boxes", async () => {
  const words = ["김민수", "漢字", "ひらがな", "สวัสดี", "नमस्ते", "محمد"];
  for (const [index, { letters }] of (await drawNames(words)).entries()) {
    expect(letters.length, words[index]).toBeGreaterThan(20);
  }
  for (const single of [
    ["김", "민", "漢", "ส", "ว", "न"],
    ["म", "ع", "ش", "א", "מ", "ば"],
  ]) {
    const drawings = (await drawNames(single)).map(({ drawing }) => drawing);
    for (const [index, one] of drawings.entries()) {
      expect(one.size, single[index]).toBeGreaterThan(20);
      // All boxes would look the same.
      for (const other of drawings.slice(0, index))
        expect(differenceOf(one, other), single[index]).toBeGreaterThan(0.3);
    }
  }
  const [ada, both] = await drawNames(["Ada", "Ada 漢字"]);
  expect(both?.letters.length).toBeGreaterThan((ada?.letters.length ?? 0) * 1.5);
});

test("a letter that no font has is left out", async () => {
  const missing = "\u{e000}\u{10fffd}";
  const names = [missing, `A${missing}d${missing}a`, "Ada", "\\N{\\an7}", "x"];
  const [none, partly, whole, marked, plainText] = await drawNames(names);
  expect(none?.letters).toEqual([]);
  if (!partly || !whole) throw new Error("no drawings");
  const seen = JSON.stringify([partly, whole].map(({ drawing, letters }) => [drawing.size, letters]));
  expect(whole.letters.length).toBeGreaterThan(15);
  // As wide, and of as many pixels, though not at the same fractions of a pixel.
  expect(Math.abs(partly.letters.length - whole.letters.length), seen).toBeLessThan(4);
  expect(partly.drawing.size / whole.drawing.size, seen).toBeGreaterThan(0.8);
  expect(partly.drawing.size / whole.drawing.size, seen).toBeLessThan(1.25);
  // The subtitle format's own commands are drawn as they are written.
  expect(marked?.letters.length).toBeGreaterThan((plainText?.letters.length ?? 0) * 4);
});

test.each([
  ["row", { layout: "row" }, [960, 180]],
  ["column", { layout: "column" }, [320, 540]],
  ["grid", { layout: "grid" }, [640, 360]],
] as const)("three participants in a %s, one without video and one without audio", async (_, form, size) => {
  const { callId, legs } = await recordCall(bench, [
    { seconds: 1, picture: plain("red"), tone: { hertz: 400, loudness: 0.5 } },
    { seconds: 1, tone: { hertz: 700, loudness: 0.5 } },
    { seconds: 1, picture: plain("blue") },
  ]);
  const { path } = await makeFilm(makers, callId, FilmForm.parse({ tileWidth: 320, tileHeight: 180, ...form }), legs);
  const still = await stillOf(path, 0.5);
  expect([still.width, still.height]).toEqual(size);
  expectNear(still.at(160, 90), [255, 0, 0], "the first");
  const [x, y] = form.layout === "column" ? [160, 270] : [480, 90];
  expectNear(still.at(x, y), EMPTY, "the second");
  const third = { row: { x: 800, y: 90 }, column: { x: 160, y: 450 }, grid: { x: 320, y: 270 } }[form.layout];
  expectNear(still.at(third.x, third.y), [0, 0, 255], "the third");
  expect((await inspect(path)).streams.map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
});

test("a film is made with limited CPU and no network, and leaves nothing behind when it is cancelled", async () => {
  const long: Participant = { seconds: 60, picture: "testsrc2=s=640x360:r=30" };
  const { callId, legs } = await recordCall(bench, [long, participant("Grace", "blue", 500)]);
  const order = { form: FilmForm.parse({ tileWidth: 1280, tileHeight: 720 }), legs: legs.map(({ id }) => id) };
  const progresses: number[] = [];
  makers.jobs.book.on("change", ({ kind, progress }) => kind === "film" && progresses.push(progress));
  const { id } = await makers.jobs.queue({ name: "film" }, { callId, order });
  await waitFor(
    "the film is being made",
    LIMIT_MS,
    () => (progresses.at(-1) ?? 0) > 1,
    () => progresses,
  );
  const [container] = await recorderContainers({ project: bench.project });
  const limits =
    "{{.HostConfig.NetworkMode}} {{.HostConfig.CpuShares}} {{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}";
  const said = await runOrThrow("docker", ["inspect", "--format", limits, container?.ID ?? ""]);
  expect(said.trim()).toBe(`none 128 ${1e9} ${1024 ** 3}`);

  expect((await makers.jobs.cancel(id as JobId)).state).toBe("cancelled");
  expect(await recorderContainers({ project: bench.project })).toEqual([]);
  expect(await readdir(bench.paths.spool)).toEqual([]);
  expect((await makers.calls.get(callId))?.film).toBeUndefined();
  expect(progresses.at(-1)).toBeLessThan(100);
  expect(progresses).toEqual(progresses.toSorted((one, other) => one - other));
});

function expectNear(seen: readonly number[], wanted: readonly number[], what: string): void {
  const far = Math.max(...seen.map((part, index) => Math.abs(part - (wanted[index] ?? 0))));
  expect(far, `${what}: ${seen} is not close to ${wanted}`).toBeLessThan(NEAR);
}
