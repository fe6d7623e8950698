import { execFile } from "node:child_process";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ID } from "./element.ts";
import { CHANNELS, Mixer, SAMPLE_RATE } from "./mixer.ts";
import { ParticipantPlayer } from "./participantPlayer.ts";

const FILE = "spool/leg_1-p1.audio.mkv.part";
const SOUND_BEGINS_SECONDS = 2;
/** Silence, then a constant level. Clusters of one second, like those of recorders. */
const ENCODE = [
  ...["-v", "error", "-f", "lavfi", "-i", `aevalsrc=0.5*gte(t\\,${SOUND_BEGINS_SECONDS}):s=${SAMPLE_RATE}:d=4`],
  ...["-c:a", "pcm_s16le", "-f", "matroska", "-cluster_time_limit", "1000", "-live", "1", "-"],
];
const BEGAN_MS = 1_000_000;

let root: string;
let player: ParticipantPlayer;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "player-"));
  await mkdir(join(root, "spool"));
});
afterEach(async () => {
  player.leave();
  await rm(root, { recursive: true });
});

const track = (startUnixMs: number) => ({ tracks: [{ kind: "audio" as const, file: FILE, startUnixMs, rate: 1 }] });

test("a corrected start time applies to all audio that is read afterwards", async () => {
  const { stdout } = await promisify(execFile)("ffmpeg", ENCODE, { encoding: "buffer", maxBuffer: 16 * 1024 * 1024 });
  const cluster = Buffer.alloc(4);
  cluster.writeUInt32BE(ID.cluster);
  const second = stdout.indexOf(cluster, stdout.indexOf(cluster) + 1);
  await writeFile(join(root, FILE), stdout.subarray(0, second));
  const mixer = new Mixer();
  const add = vi.spyOn(mixer, "add");
  const size = { width: 160, height: 90 };
  player = new ParticipantPlayer({
    root,
    mixer,
    size,
    beganUnixMs: BEGAN_MS,
    now: () => BEGAN_MS,
    report: () => undefined,
  });

  player.update(track(BEGAN_MS - 430)); // when its first packet arrived
  await expect.poll(() => add).toHaveBeenCalled();
  player.update(track(BEGAN_MS)); // when it was sent
  await appendFile(join(root, FILE), stdout.subarray(second));
  const heardUntil = () => Math.max(...add.mock.calls.map(([samples, at]) => at + samples.length / CHANNELS));
  await expect.poll(() => heardUntil()).toBeGreaterThan(3 * SAMPLE_RATE);

  const heard = mixer.take(3 * SAMPLE_RATE);
  const first = heard.findIndex((sample) => sample > 0.25) / CHANNELS;
  expect(first / SAMPLE_RATE).toBeCloseTo(SOUND_BEGINS_SECONDS, 2);
});
