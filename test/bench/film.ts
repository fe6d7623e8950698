/**
 * Measures how fast a film of a call with two participants at 640x360 is made, by a job on two cores like the
 * orchestrator's. For comparison, it also measures copying and decoding the same recordings within the same limits.
 *
 *   ./scripts/bench film [--seconds 60] [--least 4] [--rounds 1]
 *
 * The pictures move everywhere and contain camera noise, at the frame rate of browsers. --least: the minimum speed in
 * multiples of real time; a slower format is an error. Films have low priority, so the load of the host is printed
 * first, and the best of several rounds counts.
 */
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FilmForm } from "../../orchestrator/src/follow-up/film/filmForm.ts";
import { runOrThrow } from "../bundle/run.ts";
import { TRANSCODER_IMAGE } from "../bundle/settings.ts";
import { FilmBench, makeFilm } from "../film/filmBench.ts";
import { type Participant, recordCall } from "../film/participants.ts";

const CPUS = 2;
const CAMERA = "gradients=s=640x360:r=30:speed=0.02:n=6,noise=alls=1:allf=t";
const KBPS = 1_000;
const LIMIT_MS = 600_000;
const LOOK_MS = 3_000;
const FORMS: [name: string, form: object][] = [
  ["WebM, VP8", {}],
  ["WebM, VP9", { videoCodec: "vp9" }],
  ["MP4, H264", { format: "mp4" }],
  ["audio only, Opus", { format: "opus" }],
];

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    least: { type: "string", default: "4" },
    rounds: { type: "string", default: "1" },
  },
});
const [seconds, least, rounds] = [Number(values.seconds), Number(values.least), Number(values.rounds)];
if (!(seconds > 0 && least >= 0 && rounds > 0)) throw new Error("seconds, least and rounds are numbers");

await using bench = await FilmBench.open({ cpus: CPUS });
const participant = (name: string, hertz: number): Participant => ({
  ...{ name, seconds, picture: CAMERA, kbps: KBPS, tone: { hertz, loudness: 0.5 } },
});
process.stderr.write(`making two recordings of ${seconds} s …\n`);
const { callId, legs } = await recordCall(bench, [participant("Ada", 440), participant("Grace", 660)]);
const makers = await bench.begin();

process.stdout.write(`The host's ${cpus().length} CPUs are ${await busyPercent()} % busy with other work.\n\n`);
say("", "took", "times real time");
for (const [name, form] of FORMS) {
  let took = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const { job } = await makeFilm(makers, callId, FilmForm.parse(form), legs);
    // From the start of the job to its manifest entry, including the start of its container.
    took = Math.min(took, (Date.parse(job.endedAt ?? "") - Date.parse(job.startedAt ?? "")) / 1000);
  }
  say(name, `${took.toFixed(1)} s`, (seconds / took).toFixed(1));
  if (seconds / took < least) process.exitCode = 1;
}
const inputs = legs.map(({ file }) => `/recordings/calls/${makers.library.paths.callName(callId)}/${file.name}`);
const copy = inputs.map((input) => `ffmpeg -v error -i ${input} -c copy -f webm -y /tmp/copy`);
const decode = inputs.map((input) => `ffmpeg -v error -threads 1 -i ${input} -f null - & `);
for (const [name, command] of [
  ["for comparison: both copied", copy.join(" && ")],
  ["for comparison: both decoded", `${decode.join("")} wait`],
] as const) {
  const began = performance.now();
  const container = ["--rm", "--network=none", `--cpus=${CPUS}`, `--volume=${bench.paths.root}:/recordings:ro`];
  await runOrThrow("docker", ["run", ...container, "--tmpfs=/tmp", TRANSCODER_IMAGE, "bash", "-c", command], {
    limitMs: LIMIT_MS,
  });
  const took = (performance.now() - began) / 1000;
  say(name, `${took.toFixed(1)} s`, (seconds / took).toFixed(1));
}
await makers.jobs.close();
if (process.exitCode) process.stderr.write(`some formats are slower than ${least} times real time\n`);

async function busyPercent(): Promise<number> {
  const sums = () => {
    const all = cpus().map(({ times }) => times);
    const idle = all.reduce((sum, times) => sum + times.idle, 0);
    return { idle, total: all.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle) };
  };
  const before = sums();
  await delay(LOOK_MS);
  const after = sums();
  return Math.round(100 * (1 - (after.idle - before.idle) / (after.total - before.total)));
}

function say(what: string, took: string, ratio: string): void {
  process.stdout.write(`${what.padEnd(30)} ${took.padStart(8)} ${ratio.padStart(16)}\n`);
}
