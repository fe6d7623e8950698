import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { h264Payloads, type Payloads, wholePayload } from "../rtp/payloads.ts";
import {
  OPUS_SDP,
  openRecorderBench,
  PORTS,
  type RecorderBench,
  type RunningRecorder,
  sdp,
  VP8_SDP,
} from "../rtp/recorderBench.ts";
import { RtpSender } from "../rtp/rtpSender.ts";
import { h264Frames, h264FramesWithB, opusFrames } from "../rtp/samples.ts";

/** Not faster than the gateway's pacer. */
const PACE_MS = 2;
const STEP = 3_000; // 30 frames/s at 90 kHz
const H264_SDP = sdp("video", 102, "H264/90000", "packetization-mode=1");
const VP8 = "libvpx -deadline realtime -cpu-used 8 -b:v 400k -auto-alt-ref 0 -lag-in-frames 0";
const VP9 = "libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 400k -auto-alt-ref 0 -lag-in-frames 0";
const H264 = "libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p";

let bench: RecorderBench;
let tracks = 0;

beforeAll(async () => {
  bench = await openRecorderBench();
});
afterAll(() => bench?.[Symbol.asyncDispose]());

describe("H264 with frames that depend on later ones", () => {
  test.each([
    [1, "presentation"],
    [2, "presentation"],
    [1, "decoding"],
    [2, "decoding"],
  ])("%i at a time, with timestamps in the order of %s, has each frame at its time", async (bFrames, order) => {
    const frames = await h264FramesWithB(bFrames, { frames: 150, keyEvery: 60 });
    const recorder = await bench.record({ video: H264_SDP });
    await using picture = sender(recorder, 102, h264Payloads);
    for (const [index, { frame, shown }] of frames.entries()) {
      await picture.frame(frame, 1_000 + (order === "decoding" ? index : shown) * STEP);
      await delay(PACE_MS);
    }
    await picture.bye();
    await recorder.recorded;
    expect(recorder.lines.find(({ event }) => event === "ended")).toMatchObject({ code: 0, media: true });

    for (const format of ["mkv", "mp4"]) {
      const file = await assembled(recorder.id, format, "video=0.5,1");
      expect(file.events).toEqual([]);
      expect(
        Math.max(
          ...frames.map(({ shown }, index) => Math.abs((file.times[index] ?? Number.NaN) - 500 - (shown * STEP) / 90)),
        ),
      ).toBeLessThan(1.6);
      expect(file.times).toHaveLength(150);
      expect(file).toMatchObject({ rate: 30, decoded: 150, complaints: "" });
    }
  });
});

describe("the frame rate that a file announces", () => {
  const jitter = "setpts='PTS+random(1)*0.006/TB'";
  test.each([
    [
      "a camera at 30 frames/s, with one frame after 5 ms",
      `${jitter},setpts='if(eq(N,99),PTS-0.028/TB,PTS)'`,
      600,
      30,
      20,
    ],
    ["a camera that drops every seventh frame", `${jitter},select='not(eq(mod(n,7),3))'`, 514, 30, 20],
    ["a camera that changes from 15 to 30 frames/s", `${jitter},select='gte(t,10)+not(mod(n,2))'`, 450, 30, 20],
    ["a camera at 24 frames/s", `fps=24,${jitter}`, 480, 24, 20],
    ["a screen that changes five times in a second", `fps=5,${jitter}`, 100, 5, 20],
  ])("is that of the usual step: %s", async (_, filter, frames, rate, seconds) => {
    const id = await track(VP8, frames, filter);
    const file = await assembled(id, "webm", "video=0,1.00001");
    expect(file).toMatchObject({ rate, complaints: "" });
    expect(file.times).toHaveLength(frames);
    const constant = await framesAt(file.path, "-fps_mode cfr");
    expect(Math.abs(constant - rate * seconds)).toBeLessThan(rate * seconds * 0.02);
  });

  test("is the same in MP4", async () => {
    const id = await track(H264, 600, `${jitter}`);
    const file = await assembled(id, "mp4", "video=0,1");
    expect(file).toMatchObject({ rate: 30, complaints: "" });
    expect(Math.abs((await framesAt(file.path, "-fps_mode cfr")) - 600)).toBeLessThan(12);
  });
});

describe("a picture that stands until the end of the call", () => {
  test.each([
    ["VP8", VP8, "webm", 3],
    ["VP9", VP9, "webm", 90],
    ["H264", H264, "mkv", 3],
    ["H264", H264, "mp4", 90],
  ])("%s (%s) lasts until then in %s, after %i frames", async (_, codec, format, frames) => {
    const id = await track(codec, frames);
    const { times } = await assembled(id, format, "video=0.2,1.0001");
    const file = await assembled(id, format, "video=0.2,1.0001", "until=15");
    const from = 0.2 + 1.0001 * (frames / 30);
    expect(file.events).toEqual([{ event: "still", kind: "video", from: expect.closeTo(from, 2) }]);
    expect(file.duration + (format === "mp4" ? 0.2 : 0)).toBeCloseTo(15, 1);
    expect(file.complaints).toBe("");
    expect(file.triedAtEnd, "what came is tried, not the repeated picture").toBe(Math.min(frames, 5));
    expect(file.times.slice(0, frames)).toEqual(times);
    const lastOf = `ffmpeg -v error -i ${file.path} -vf "select='gte(n,${frames - 1})'" -fps_mode passthrough -f framecrc`;
    expect((await bench.shell(`${lastOf} - | grep -c ^0,`)).trim()).toBe(format === "mp4" ? "1" : "2");
    if (format === "mp4") return;
    // The repeated picture looks like the original.
    const pair = `[0]trim=start_frame=${frames - 1}:end_frame=${frames},setpts=0[a];[0]trim=start_frame=${frames},setpts=0[b]`;
    const ssim = await bench.shell(
      `ffmpeg -i ${file.path} -lavfi "${pair};[a][b]ssim" -f null - 2>&1 | grep -o 'All:[0-9.]*'`,
    );
    expect(Number(ssim.trim().slice("All:".length))).toBeGreaterThan(0.97);
  });

  test("also if sound continues, and not if the camera stopped just before the end", async () => {
    const id = await track(VP8, 90);
    await bench.shell(
      `ffmpeg -v error -f lavfi -i sine=duration=15 -c:a libopus -f matroska /recordings/spool/${id}.audio.mkv.part`,
    );
    expect((await assembled(id, "webm", "audio=0,1", "video=0,1", "until=15")).times.at(-1)).toBeCloseTo(14_967, -1);
    expect((await assembled(id, "webm", "audio=0,1", "video=0,1", "until=3.5")).times).toHaveLength(90);
  });
});

describe("MP4", () => {
  test("says whether parameter sets change, so that every player shows all sizes of a picture", async () => {
    const sizes = ["320x240", "640x360", "160x120"];
    const some = (size: string) => h264Frames({ frames: 30, size, profile: "baseline" });
    for (const [used, entry] of [
      [sizes, "avc3"],
      [["320x240", "320x240"], "avc1"],
    ] as const) {
      const frames = (await Promise.all(used.map(some))).flat();
      const recorder = await bench.record({ video: H264_SDP });
      await using picture = sender(recorder, 102, h264Payloads);
      for (const [index, frame] of frames.entries()) {
        await picture.frame(frame, 1_000 + index * STEP);
        await delay(PACE_MS);
      }
      await picture.bye();
      await recorder.recorded;
      const file = await assembled(recorder.id, "mp4", "video=0,1");
      expect(file).toMatchObject({ entry, decoded: frames.length, complaints: "" });
    }
  });
});

describe("a kind without media", () => {
  test("is told by the recorder and by assemble, whether it is empty or unreadable, and the other kind is kept", async () => {
    const sound = await opusFrames(50);
    const recorder = await bench.record({ audio: OPUS_SDP, video: VP8_SDP });
    await using audio = sender(recorder, 111, wholePayload, "audio");
    await using picture = sender(recorder, 96, wholePayload);
    for (const [index, frame] of sound.entries()) {
      await audio.frame(frame, 500 + index * 960);
      await picture.frame(Buffer.alloc(200, 0x10), 1_000 + index * STEP); // never a keyframe
    }
    await audio.bye();
    await picture.bye();
    await recorder.recorded;
    const ended = recorder.lines.filter(({ event }) => event === "ended");
    expect(ended.find(({ kind }) => kind === "audio")).toMatchObject({ code: 0, media: true });
    expect(ended.find(({ kind }) => kind === "video")).toMatchObject({ code: 234, media: false });

    const empty = await assembled(recorder.id, "webm", "audio=0,1", "video=0,1");
    expect(empty.events).toEqual([{ event: "empty", kind: "video", recorder: recorder.id }]);
    // A file that looks like one with media, but of a codec without a header.
    await bench.shell(`printf 'x\\x1f\\x43\\xb6\\x75x' >/recordings/spool/${recorder.id}.video.mkv.part`);
    const unreadable = await assembled(recorder.id, "webm", "audio=0,1", "video=0,1");
    expect(unreadable.events).toEqual([{ event: "unreadable", kind: "video", recorder: recorder.id }]);
    expect(unreadable.streams).toEqual(["audio"]);
  });

  test("closes the other one after a crash, so that another recorder takes over both", async () => {
    const sound = await opusFrames(100);
    const recorder = await bench.record({ audio: OPUS_SDP, video: VP8_SDP });
    await using audio = sender(recorder, 111, wholePayload, "audio");
    for (const [index, frame] of sound.entries()) await audio.frame(frame, 500 + index * 960);
    const received = `base64,${Buffer.from(VP8_SDP).toString("base64")}`;
    await recorder.inside(
      "for p in /proc/[0-9]*; do " +
        `[[ $(<$p/comm) != ffmpeg ]] || ! grep -qF '${received}' $p/cmdline || kill -KILL \${p#/proc/}; done`,
    );
    expect((await recorder.ended).code).toBe(137);
    expect(recorder.lines.filter(({ event }) => event === "ended").map(({ kind, code }) => [kind, code])).toEqual([
      ["video", 137],
      ["audio", 0],
    ]);
  });
});

function sender(
  { address }: RunningRecorder,
  payloadType: number,
  payloads: Payloads,
  kind: "audio" | "video" = "video",
): RtpSender {
  return new RtpSender({ host: address, port: PORTS[kind], payloadType, payloads });
}

/** Writes a raw track, as `record` would. @returns the id of its recorder. */
async function track(codec: string, frames: number, filter = "null"): Promise<string> {
  tracks += 1;
  const id = `leg_track-p${tracks}`;
  const timing = "-fps_mode passthrough -enc_time_base 1/1000";
  const source = `-f lavfi -i testsrc2=size=320x240:rate=30 -vf "${filter}" ${timing} -frames:v ${frames}`;
  await bench.shell(`ffmpeg -v error ${source} -c:v ${codec} -f matroska /recordings/spool/${id}.video.mkv.part`);
  return id;
}

interface AssembleEvent {
  event: string;
  kind?: string;
  from?: string | number;
  frames?: number;
}

interface Probed {
  format: { duration: string };
  streams: { codec_type: string; codec_tag_string: string; r_frame_rate: string; avg_frame_rate: string }[];
}

async function assembled(id: string, format: string, ...words: string[]) {
  const { code, stdout, stderr } = await bench.command("assemble", id, `format=${format}`, ...words);
  expect(code, stderr).toBe(0);
  const lines = stdout.split("\n");
  const first = lines.findIndex((line) => !line.startsWith('{"event"'));
  const events = lines.slice(0, first).map((line) => JSON.parse(line) as AssembleEvent);
  const probed = JSON.parse(lines.slice(first).join("\n")) as Probed;
  const video = probed.streams.find(({ codec_type }) => codec_type === "video");
  const path = `/recordings/spool/${id}.${format}.part`;
  // One container for both, because starting a container takes longer than the commands.
  const list = `ffprobe -v quiet -select_streams v -show_entries packet=pts_time -of csv=p=0 ${path}`;
  const decode = `ffmpeg -v error -i ${path} -map 0:v? -map 0:a? -fps_mode passthrough -enc_time_base:v demux -f framecrc -`;
  const [listed = "", decoded = ""] = (await bench.shell(`${list}; echo ---; ${decode} 2>&1`)).split("---\n");
  const isFrame = (line: string) => /^\d,/.test(line);
  const rows = decoded.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return {
    path,
    /** All but those of the trial to decode the file. */
    events: events.filter(({ event }) => event !== "decoded" && event !== "bits"),
    triedAtEnd: events.find(({ kind, from }) => kind === "video" && from === "end")?.frames,
    streams: probed.streams.map(({ codec_type }) => codec_type),
    duration: Number(probed.format.duration),
    entry: video?.codec_tag_string,
    /** Frames per second. */
    rate: Number(video?.r_frame_rate.split("/")[0]) / Number(video?.r_frame_rate.split("/")[1]),
    /** Milliseconds, in the order of the file. */
    times: listed.split("\n").flatMap((line) => (line ? [Math.round(Number.parseFloat(line) * 1000)] : [])),
    decoded: rows.filter((line) => line.startsWith("0,")).length,
    complaints: rows.filter((line) => !isFrame(line)).join("\n"),
  };
}

/** How many frames a conversion has. */
async function framesAt(path: string, options: string): Promise<number> {
  const converted = `ffmpeg -v error -i ${path} -an ${options} -f framecrc - | grep -c ^0,`;
  return Number(await bench.shell(converted));
}
