import { mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Plan, PlanFile } from "./plan.ts";

const PLAN: Plan = {
  version: 1,
  folder: "live/call_0mwthz7sw3f4e5fd91a",
  ...{ outputs: ["hls"], pushes: [], width: 640, height: 360, frameRate: 15, videoKbps: 500, audioKbps: 64 },
  participants: [
    {
      id: "leg_1",
      tracks: [{ kind: "video", file: "spool/leg_1-p1.video.mkv.part", startUnixMs: 1, rate: 1 }],
    },
  ],
  endedUnixMs: null,
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "live-plan-"));
  path = join(folder, "plan");
});
afterEach(() => rm(folder, { recursive: true }));

const replace = async (plan: object) => {
  await writeFile(`${path}.tmp`, JSON.stringify(plan));
  await rename(`${path}.tmp`, path);
};

test("a plan is read once, and again when it was replaced", async () => {
  const file = new PlanFile(path);
  await expect(file.readIfChanged()).rejects.toThrow("ENOENT");
  await replace(PLAN);
  expect([await file.readIfChanged(), await file.readIfChanged()]).toEqual([PLAN, undefined]);
  await replace({ ...PLAN, endedUnixMs: 5 });
  expect(await file.readIfChanged()).toMatchObject({ endedUnixMs: 5 });
  expect(file.isAbandoned).toBe(false);
});

test("a plan that is no longer touched counts as abandoned", async () => {
  await replace(PLAN);
  const longAgo = new Date(Date.now() - 100_000);
  await utimes(path, longAgo, longAgo);
  const file = new PlanFile(path);
  await file.readIfChanged();
  expect(file.isAbandoned).toBe(true);
});

const push = (url: string, options = {}) => ({ ...PLAN, pushes: [{ name: "tv", url, format: "flv", options }] });
const track = (file: string) => ({
  ...PLAN,
  participants: [{ id: "x", tracks: [{ kind: "audio", file, startUnixMs: 1, rate: 1 }] }],
});

test.each<[string, object]>([
  ["a file that is not a track in the spool", track("calls/../state/peers.json")],
  ["a file elsewhere", track("spool/../../etc/passwd.audio.mkv.part")],
  ["a folder elsewhere", { ...PLAN, folder: "live/../state" }],
  ["a folder with ffmpeg syntax", { ...PLAN, folder: "live/call_0mwthz7sw3f4e5fd91a|[f=mpegts]x" }],
  ["a picture that is too large", { ...PLAN, width: 7_680 }],
  ["no outputs and no pushes", { ...PLAN, outputs: [] }],
  ["options that end a line", push("rtmp://host/app", { rtmp_playpath: "key\nf=tee" })],
  ["unknown options", push("rtmp://host/app", { protocol_whitelist: "file" })],
  ["a file as a receiver", push("file:///recordings/state/peers.json")],
  ["secrets in an address", push("srt://host:9000?passphrase=secret")],
  ["an unknown field", { ...PLAN, push: "rtmp://x" }],
])("%s is refused", (_, plan) => expect(Plan.safeParse(plan).success).toBe(false));
