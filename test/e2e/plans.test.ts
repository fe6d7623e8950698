import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../bundle/run.ts";
import { TRANSCODER_IMAGE } from "../bundle/settings.ts";

/**
 * Plans are stored on the volume, where recorders that handle untrusted media can write. A manipulated plan must not
 * make the two commands do anything else than usual.
 */

const REFUSED = 2;
const FOLDER = "calls/2026/01/02/call_1";
const RECORDING = `${FOLDER}/leg_1.webm`;
const LINE_COUNT_LIMIT = 60;
const GRAPH = "[0:v]scale=640:360[video]";

const film = (...lines: string[]) => ["format=webm", "seconds=1.000", "video=vp8", `input=${RECORDING}`, ...lines];
const preview = (...lines: string[]) => [`input=${RECORDING}`, ...lines];

const HOSTILE: [command: "compose" | "preview", what: string, lines: string[]][] = [
  ["compose", "a filter that reads a file", film("graph=movie=/etc/passwd[video]")],
  ["compose", "such a filter after another filter", film(`graph=${GRAPH},amovie=/recordings/x[sound]`)],
  ["compose", "a filter that takes commands", film("graph=[0:v]sendcmd=f=/recordings/x[video]")],
  ["compose", "a filter that uses the network", film("graph=[0:v]zmq[video]")],
  ["compose", "text from a file", film("graph=[0:v]drawtext=textfile=/etc/passwd[video]")],
  ["compose", "captions from another file", film("graph=[0:v]ass=filename=/etc/passwd[video]")],
  ["compose", "captions with a further option", film("graph=[0:v]ass=filename=/tmp/captions.ass:fontsdir=/x[video]")],
  ["compose", "a caption without a place", [...film("graph=[0:v]format=rgb24[video]"), "caption=Ada"]],
  ["compose", "a file by an option", film("graph=[0:v]color=file=x[video]")],
  ["compose", "an option whose value is in a file", film("graph=[0:v]scale=/w=/etc/passwd[video]")],
  ["compose", "the text of a file", film("graph=[0:v]drawtext=/text=/etc/passwd[video]")],
  ["compose", "a file without the name of its option", film("graph=[0:v]drawtext=/recordings/x.ttf[video]")],
  ["compose", "subtitles from a file", film("graph=[0:v]subtitles=/recordings/x.srt[video]")],
  ["compose", "colours from a file", film("graph=[0:v]lut3d=/recordings/x.cube[video]")],
  ["compose", "a plugin", film("graph=[0:a]ladspa=/recordings/x.so[sound]")],
  ["compose", "a later option whose value is in a file", film("graph=[0:v]scale=w=640:/h=/etc/passwd[video]")],
  ["compose", "an option of the graph", film("graph=sws_flags=bilinear;[0:v]scale=640:360[video]")],
  ["compose", "a filter with a name of its own", film("graph=[0:v]movie@scale=/etc/passwd[video]")],
  ["compose", "a quote", film("graph=[0:v]color=c='x'[video]")],
  ["compose", "a backslash", film("graph=[0:v]color=c=x\\,movie=y[video]")],
  ["compose", "an expansion", film("graph=[0:v]color=c=%{metadata}[video]")],
  ["compose", "a shell command", film("graph=[0:v]scale=$(id)[video]")],
  ["compose", "a recording from elsewhere", film("input=/etc/passwd", `graph=${GRAPH}`)],
  ["compose", "a recording by a path trick", film("input=calls/2026/01/02/call_1/../../x.webm", `graph=${GRAPH}`)],
  ["compose", "a recording from the network", film("input=http://192.0.2.1/leg_1.webm", `graph=${GRAPH}`)],
  ["compose", "a protocol of ffmpeg's", film("input=concat:/etc/passwd", `graph=${GRAPH}`)],
  ["compose", "an option", film("-f=lavfi", `graph=${GRAPH}`)],
  ["compose", "a format with options", ["format=webm -f lavfi", ...film(`graph=${GRAPH}`).slice(1)]],
  ["compose", "a length of nothing", ["format=webm", "seconds=0", "video=vp8", `input=${RECORDING}`, `graph=${GRAPH}`]],
  ["compose", "no recordings", ["format=webm", "seconds=1.000", "video=vp8", `graph=${GRAPH}`]],
  ["compose", "nothing", []],
  ["preview", "a recording from elsewhere", ["input=/etc/passwd", "waveform=yes"]],
  ["preview", "a recording by a path trick", ["input=calls/2026/01/02/call_1/../leg_1.webm", "waveform=yes"]],
  ["preview", "a recording from the network", ["input=http://192.0.2.1/leg_1.webm", "waveform=yes"]],
  ["preview", "a second with options", preview("poster=1 -i /etc/passwd")],
  ["preview", "thumbnails with a filter", preview("thumbnails=1,movie=x,2")],
  ["preview", "an option", preview("-f=lavfi")],
  ["preview", "nothing", []],
];

/** Runs a job in the container, and prints its name, its exit code and its words in one line. */
const said = (command: string, job: string) =>
  `said=$(${command} job_${job} 2>&1); echo "${job} $? \${said//$'\\n'/ }"`;

let volume: string;
let answers: Map<string, { code: number; words: string }>;

beforeAll(async () => {
  volume = await mkdtemp(join(tmpdir(), "plans-"));
  await chmod(volume, 0o777);
  await mkdir(join(volume, "spool"));
  await chmod(join(volume, "spool"), 0o777);
  for (const [index, [, , lines]] of HOSTILE.entries()) {
    await writeFile(join(volume, "spool", `job_${index}.plan.part`), lines.map((line) => `${line}\n`).join(""));
  }
  await mkdir(join(volume, FOLDER), { recursive: true });
  // ffmpeg would read the other file, if it were allowed to find out what this one is.
  await writeFile(join(volume, RECORDING), "ffconcat version 1.0\nfile leg_2.webm\n");
  await writeFile(join(volume, "spool", "job_list.plan.part"), `${preview("poster=0.000").join("\n")}\n`);
  await writeFile(
    join(volume, "spool", "job_film.plan.part"),
    `${film(`graph=${GRAPH}`, "picture=640x360").join("\n")}\n`,
  );
  const each = [
    ...HOSTILE.map(([command], index) => said(command, `${index}`)),
    said("preview", "list"),
    said("compose", "film"),
  ];
  const lockedIn = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--tmpfs=/tmp", "--user=10001:10001"];
  const { stdout, stderr } = await run("docker", [
    ...[
      "run",
      ...lockedIn,
      `--volume=${volume}:/recordings`,
      "--entrypoint=bash",
      TRANSCODER_IMAGE,
      "-c",
      each.join("\n"),
    ],
  ]);
  const lines = stdout.split("\n").filter(Boolean).slice(0, LINE_COUNT_LIMIT);
  answers = new Map(
    lines.map((line) => {
      const [, index = "", code = "", words = ""] = /^(\w+) (\d+) (.*)$/.exec(line) ?? [];
      return [index, { code: Number(code), words }];
    }),
  );
  expect(answers.size, stderr).toBe(HOSTILE.length + 2);
});
afterAll(() => rm(volume, { recursive: true }));

test.each(HOSTILE.map(([command, what], index) => ({ command, what, index })))(
  "$command refuses a plan with $what",
  ({ command, index }) => {
    const { code, words } = answers.get(`${index}`) ?? {};
    expect(code, words).toBe(REFUSED);
    expect(words).toMatch(new RegExp(`^${command}: `));
  },
);

test.each(["list", "film"])("a list of files that is named like a recording is not followed (%s)", (job) => {
  const { code, words } = answers.get(job) ?? {};
  expect(code, words).not.toBe(0);
  expect(words).toContain("EBML header parsing failed");
  expect(words).not.toContain("leg_2");
});

test("no refused plan has produced a file", async () => {
  const made = (await readdir(join(volume, "spool"))).filter((name) => !/\.plan\.part$|^job_(list|film)\./.test(name));
  expect(made).toEqual([]);
});
