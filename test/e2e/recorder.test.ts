import { createSocket } from "node:dgram";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SimulatedCall } from "../../services/skyway-webrtc-gateway/src/rtp/simulatedCall.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { bye } from "../rtp/packets.ts";
import {
  h264Payloads,
  h264SinglePayloads,
  type Payloads,
  vp8Payloads,
  vp9Payloads,
  wholePayload,
} from "../rtp/payloads.ts";
import {
  type Kind,
  OPUS_SDP,
  openRecorderBench,
  PORTS,
  type RecorderBench,
  type RunningRecorder,
  sdp,
  VP8_SDP,
} from "../rtp/recorderBench.ts";
import { RtpSender } from "../rtp/rtpSender.ts";
import { h264Frames, opusFrames, PCMU_SILENCE, vp8Frames, vp9Frames } from "../rtp/samples.ts";

/** Takes 0.1 to 0.2 s on an idle host, longer on a busy one. */
const CLOSING_LIMIT_MS = 1_500;
/** From SIGTERM to the end, even if ffmpeg hangs. */
const FORCED_END_LIMIT_MS = 9_000;
/** By default ffmpeg ends after 10 s without a packet. */
const SILENCE_MS = 11_000;
/** Not faster than the gateway's pacer: a burst would overflow the socket buffer while ffmpeg waits for the CPU. */
const PACE_MS = 2;
const VIDEO_STEP = 3_000; // 30 frames/s at 90 kHz
const AUDIO_STEP = 960; // 20 ms at 48 kHz
const WRAP = 2 ** 32;
const HOUR_MS = 3_600_000;

let bench: RecorderBench;
let video: Buffer[];
let audio: Buffer[];

beforeAll(async () => {
  bench = await openRecorderBench();
  [video, audio] = await Promise.all([vp8Frames({ frames: 1_000 }), opusFrames(1_000)]);
});
afterAll(() => bench?.[Symbol.asyncDispose]());

describe("a recorder that is sent RTP", () => {
  test("keeps every packet at its own time, regardless of wrap-arounds and sender reports", async () => {
    const recorder = await bench.record({ video: VP8_SDP, audio: OPUS_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads, { firstSequence: 65_000 });
    await using sound = sender(recorder, "audio", 111, wholePayload, { firstSequence: 65_500 });
    const firstVideo = WRAP - 500 * VIDEO_STEP + 7;
    const firstAudio = WRAP - 400 * AUDIO_STEP + 7;

    for (const [index, frame] of video.entries()) {
      await picture.frame(frame, (firstVideo + index * VIDEO_STEP) % WRAP);
      await sound.frame(audio[index] ?? frame, (firstAudio + index * AUDIO_STEP) % WRAP);
      if (index % 100 === 50) await picture.report(Date.now() - 5_000, (firstVideo + index * VIDEO_STEP) % WRAP);
      if (index % 100 === 70) await sound.report(Date.now(), (firstAudio + index * AUDIO_STEP) % WRAP);
      await delay(PACE_MS);
    }
    const tookMs = await endedBy(recorder, async () => {
      await picture.bye();
      await sound.bye();
    });

    expect(tookMs).toBeLessThan(CLOSING_LIMIT_MS);
    expect(await recorder.ended).toEqual({ code: 0, stderr: "" });
    expect(recorder.lines.map(({ event, kind, code }) => ({ event, kind, code }))).toEqual([
      { event: "bound" },
      ...recorder.lines.slice(1, 3).map(({ kind }) => ({ event: "ended", kind, code: 0 })),
      { event: "recorded" },
    ]);
    expect(await times(recorder, "video")).toEqual(video.map((_, index) => Math.round((index * 1000) / 30)));
    expect(await times(recorder, "audio")).toEqual(video.map((_, index) => index * 20));
  });

  test("reorders packets, and starts with a keyframe if it is configured to", async () => {
    const recorder = await bench.record({ video: VP8_SDP, audio: OPUS_SDP }, "unordered");
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    await using sound = sender(recorder, "audio", 111, wholePayload);
    const late = 5; // pictures that arrived before the keyframe
    for (let index = 0; index < 40; index += 1) {
      await picture.frame(index < late ? frameAt(index + 1) : frameAt(index - late), 1_000 + index * VIDEO_STEP);
      const swapped = index % 2 === 0 ? 1 : -1;
      sound.skip(swapped);
      await sound.frame(audio[index + swapped] ?? frameAt(0), 1_000 + (index + swapped) * AUDIO_STEP);
      sound.skip(-swapped);
      await delay(PACE_MS);
    }
    await endedBy(recorder, async () => {
      await picture.bye();
      await sound.bye();
    });
    const from = (first: number, count: number, ms: number) =>
      Array.from({ length: count }, (_, index) => Math.round((first + index) * ms));
    expect(await times(recorder, "video")).toEqual(from(late, 40 - late, 1000 / 30));
    const heard = await times(recorder, "audio");
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(heard.length).toBeGreaterThanOrEqual(39); // packets before the first received packet are too late
  });

  test("continues after a pause, and can be ended while nothing arrives", async () => {
    const recorder = await bench.record({ video: VP8_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    for (let index = 0; index < 50; index += 1) {
      await picture.frame(frameAt(index), 1_000 + index * VIDEO_STEP);
      await delay(1);
    }
    await delay(SILENCE_MS);
    const later = (SILENCE_MS / 1000) * 90_000;
    for (let index = 50; index < 60; index += 1)
      await picture.frame(frameAt(index), 1_000 + later + index * VIDEO_STEP);
    await arrived(recorder, "video", (49 * VIDEO_STEP) / 90 - 1); // packets are written when the next cluster begins
    expect(await endedBy(recorder, () => picture.bye())).toBeLessThan(CLOSING_LIMIT_MS);
    expect((await times(recorder, "video")).length).toBe(60);
  });

  test("keeps pictures at their hours when a camera was away for 14 hours", async () => {
    const recorder = await bench.record({ video: VP8_SDP });
    const forwarded = forwardedAfterPause(14);
    const socket = createSocket("udp4");
    for (const packet of forwarded) {
      await new Promise((sent) => socket.send(packet, PORTS.video, recorder.address, sent));
      await delay(PACE_MS);
    }
    await arrived(recorder, "video", 14 * HOUR_MS + 9_000);
    await new Promise((sent) => socket.send(bye(0x5eed), PORTS.video, recorder.address, sent));
    socket.close();
    await recorder.recorded;

    const at = await times(recorder, "video");
    const before = at.filter((ms) => ms < 10_000);
    const after = at.filter((ms) => ms >= 14 * HOUR_MS);
    const between = at.slice(before.length, at.length - after.length);
    expect(before.length).toBeGreaterThan(95);
    expect(after.length).toBeGreaterThan(90);
    expect(Math.abs((after[0] ?? 0) - 14 * HOUR_MS - 10_000)).toBeLessThan(500);
    expect(between.map((ms) => Math.round(ms / HOUR_MS))).toEqual(
      Array.from({ length: between.length }, (_, n) => n + 1),
    );
  });

  test("keeps everything but the last second when it is killed", async () => {
    const recorder = await bench.record({ video: VP8_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    const startedAt = performance.now();
    let sent = 0;
    while (performance.now() - startedAt < 4_700) {
      await picture.frame(frameAt(sent), 1_000 + sent * VIDEO_STEP);
      sent += 1;
      await delay(startedAt + (sent * 1000) / 30 - performance.now());
    }
    await recorder.signal("KILL");
    expect((await recorder.ended).code).toBe(137);
    const file = await assembled(recorder, "webm", { video: "0,1" });
    expect(sent - file.packets("video")).toBeLessThanOrEqual(31);
    expect(file.duration).toBeGreaterThan(3.6);
    expect(file.complaints).toBe("");
  });

  test("records a picture whose size changes", async () => {
    const small = await vp8Frames({ frames: 30, size: "320x180" });
    const large = await vp8Frames({ frames: 30, size: "640x360" });
    const recorder = await bench.record({ video: VP8_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    for (const [index, frame] of [...small, ...large, ...small].entries()) {
      await picture.frame(frame, 90_000 + index * VIDEO_STEP);
      await delay(1);
    }
    await endedBy(recorder, () => picture.bye());
    const file = await assembled(recorder, "webm", { video: "0,1" });
    expect(file.packets("video")).toBe(90);
    expect(file.decodedFrames).toBe(90);
  });
});

describe("a recorder that receives nothing", () => {
  test.each(["BYE", "SIGTERM"])("ends on %s without an error, and there is nothing to assemble", async (how) => {
    const recorder = await bench.record({ video: VP8_SDP, audio: OPUS_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    await using sound = sender(recorder, "audio", 111, wholePayload);
    const tookMs = await endedBy(recorder, async () => {
      if (how === "SIGTERM") return recorder.signal("TERM");
      await picture.bye();
      await sound.bye();
    });
    expect(tookMs).toBeLessThan(CLOSING_LIMIT_MS);
    expect((await recorder.ended).code).toBe(0);
    const { code, stderr } = await bench.command("assemble", recorder.id, "format=webm", "audio=0,1", "video=0,1");
    expect({ code, stderr }).toEqual({ code: 3, stderr: `assemble: no track of ${recorder.id} has any media\n` });
  });
});

describe("SIGTERM", () => {
  test("closes the files while media arrives, and keeps all of it", async () => {
    const recorder = await bench.record({ audio: OPUS_SDP });
    await using sound = sender(recorder, "audio", 111, wholePayload);
    for (let index = 0; index < 100; index += 1) await sound.frame(soundAt(index), 500 + index * AUDIO_STEP);
    expect(await endedBy(recorder, () => recorder.signal("TERM"))).toBeLessThan(CLOSING_LIMIT_MS);
    expect((await recorder.ended).code).toBe(0);
    expect((await times(recorder, "audio")).length).toBe(100);
  });

  test("kills an ffmpeg that hangs, and its output can be assembled", async () => {
    const recorder = await bench.record({ audio: OPUS_SDP });
    await using sound = sender(recorder, "audio", 111, wholePayload);
    for (let index = 0; index < 200; index += 1) await sound.frame(soundAt(index), 500 + index * AUDIO_STEP);
    await arrived(recorder, "audio", 2_000);
    await recorder.inside("cd /proc && for p in [0-9]*; do [[ $(<$p/comm) != ffmpeg ]] || kill -STOP $p; done");
    expect(await endedBy(recorder, () => recorder.signal("TERM"))).toBeLessThan(FORCED_END_LIMIT_MS);
    expect((await recorder.ended).code).toBe(137);
    expect((await assembled(recorder, "webm", { audio: "0,1" })).packets("audio")).toBeGreaterThanOrEqual(100);
  });
});

describe("an assembly order", () => {
  const words = ["format=webm", "audio=0.5,1", "title=Ada Lovelace", "leg_id=leg_1"];
  const leave = (id: string) =>
    bench.shell(`printf '%s\\n' ${words.map((word) => `'${word}'`).join(" ")} >${orderOf(id)}`);
  const orderOf = (id: string) => `/recordings/spool/${id}.order.part`;

  test.each(["before", "after"])(
    "that is written %s the tracks have ended is executed by the recorder",
    async (when) => {
      const recorder = await bench.record({ audio: OPUS_SDP });
      await using sound = sender(recorder, "audio", 111, wholePayload);
      for (let index = 0; index < 100; index += 1) await sound.frame(soundAt(index), 500 + index * AUDIO_STEP);
      if (when === "before") await leave(recorder.id);
      await sound.bye();
      await recorder.recorded;
      if (when === "after") await leave(recorder.id);
      expect((await recorder.ended).code).toBe(0);
      const probe = "ffprobe -v error -count_packets -show_format -show_streams -of json";
      expect(JSON.parse(await bench.shell(`${probe} /recordings/spool/${recorder.id}.webm.part`))).toMatchObject({
        format: { duration: "2.500000", tags: { title: "Ada Lovelace", LEG_ID: "leg_1" } },
        streams: [{ codec_name: "opus", nb_read_packets: "100" }],
      });
    },
  );

  test("is not waited for by a recorder that was asked to end", async () => {
    const recorder = await bench.record({ audio: OPUS_SDP });
    const askedAt = performance.now();
    await recorder.signal("TERM");
    expect((await recorder.ended).code).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(CLOSING_LIMIT_MS);
  });
});

describe("a recorder that cannot record", () => {
  test("reports a socket error immediately", async () => {
    const impossible = OPUS_SDP.replace("0.0.0.0", "999.0.0.1");
    await expect(bench.record({ video: VP8_SDP, audio: impossible })).rejects.toThrow("a port could not be bound");
  });

  test("reports a volume error immediately", async () => {
    const track = `audio=${Buffer.from(OPUS_SDP).toString("base64")}`;
    const { code, stderr } = await bench.command("record", "no-such-folder/leg", track);
    expect(code).toBe(1);
    expect(stderr).toContain("/recordings/spool/no-such-folder/leg.audio.mkv.part: No such file or directory");
  });
});

describe("an assembled file", () => {
  test("has each track at the time of the gateway's clock, and has its metadata", async () => {
    const recorder = await bench.record({ video: VP8_SDP, audio: OPUS_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    await using sound = sender(recorder, "audio", 111, wholePayload);
    for (let index = 0; index < 1_000; index += 1) {
      await picture.frame(frameAt(index), 1_000 + index * VIDEO_STEP);
      await sound.frame(soundAt(index), 1_000 + index * AUDIO_STEP);
      await delay(PACE_MS);
    }
    await endedBy(recorder, () => recorder.signal("TERM"));
    const words = ["title=Ada & Grace", "date=2026-01-02T03:04:05.678Z", "call_id=call_1", "leg_id=leg_1"];
    const file = await assembled(recorder, "webm", { audio: "0.250000,1", video: "1000.250000,1.0001" }, words);

    expect(file.times("audio").every((at, index) => Math.abs(at - (250 + index * 20)) <= 1)).toBe(true);
    const due = (index: number) => 1_000_250 + ((index * 1000) / 30) * 1.0001;
    expect(file.times("video").every((at, index) => Math.abs(at - due(index)) <= 2)).toBe(true);
    expect(file.duration).toBeCloseTo(1_033.586, 1);
    // The sender's audio is not Opus.
    expect(file.decoded.filter(({ kind }: { kind: Kind }) => kind === "video")).toEqual(
      ["start", "end"].map((from) => ({
        ...{ event: "decoded", kind: "video", from, frames: 5, errors: 0, corrupt: 0, peak: null },
      })),
    );
    expect(file.tags).toMatchObject({
      title: "Ada & Grace",
      creation_time: "2026-01-02T03:04:05.678000Z",
      CALL_ID: "call_1",
      LEG_ID: "leg_1",
    });
    expect(file.complaints).toBe("");
  });

  test("is valid when a busy browser's frames are 4 ms apart", async () => {
    const recorder = await bench.record({ video: VP8_SDP });
    await using picture = sender(recorder, "video", 96, vp8Payloads);
    const dueMs = Array.from({ length: 60 }, (_, index) => Math.floor(index / 2) * 33 + (index % 2) * 29);
    for (const [index, at] of dueMs.entries()) {
      await picture.frame(frameAt(index), 1_000 + at * 90);
      await delay(PACE_MS);
    }
    await endedBy(recorder, () => recorder.signal("TERM"));
    const file = await assembled(recorder, "webm", { video: "0,1" });
    expect(file.times("video")).toEqual(dueMs);
    expect(file.complaints).toBe("");
  });

  type Case = [string, Kind, number, string, string, Payloads, () => Promise<Buffer[]>, string[]];
  const single = "packetization-mode=0";
  const cut = "packetization-mode=1";
  const baseline = () => h264Frames({ frames: 60, profile: "baseline" });
  const high = () => h264Frames({ frames: 60, profile: "high" });
  const silence = async () => Array<Buffer>(60).fill(PCMU_SILENCE);
  const codecs: Case[] = [
    ["VP9", "video", 98, "VP9/90000", "", vp9Payloads, () => vp9Frames({ frames: 60 }), ["webm"]],
    ["H264 Baseline", "video", 102, "H264/90000", single, h264SinglePayloads, baseline, ["mkv", "mp4"]],
    ["H264 High", "video", 102, "H264/90000", cut, h264Payloads, high, ["mkv", "mp4"]],
    ["G.711", "audio", 0, "PCMU/8000/1", "", wholePayload, silence, ["mkv"]],
  ];
  test.each(codecs)("can be %s", async (_, kind, payloadType, rtpmap, fmtp, payloads, encode, formats) => {
    const frames = await encode();
    const step = { video: VIDEO_STEP, audio: PCMU_SILENCE.length }[kind];
    const recorder = await bench.record({ [kind]: sdp(kind, payloadType, rtpmap, fmtp) });
    await using track = sender(recorder, kind, payloadType, payloads);
    for (const [index, frame] of frames.entries()) {
      await track.frame(frame, 1_000 + index * step);
      await delay(1);
    }
    await endedBy(recorder, () => track.bye());
    const stepMs = { video: 1000 / 30, audio: 20 }[kind];
    expect(await times(recorder, kind)).toEqual(frames.map((__, index) => Math.round(index * stepMs)));
    for (const format of formats) {
      const file = await assembled(recorder, format, { [kind]: "0.5,1" });
      expect(file.packets(kind)).toBe(60);
      expect(file.times(kind)[0]).toBe(500);
      expect(file.complaints).toBe("");
    }
  });
});

function sender(
  { address }: RunningRecorder,
  kind: Kind,
  payloadType: number,
  payloads: Payloads,
  more: { firstSequence?: number } = {},
): RtpSender {
  return new RtpSender({ host: address, port: PORTS[kind], payloadType, payloads, ...more });
}

function frameAt(index: number): Buffer {
  return video[index % video.length] ?? Buffer.alloc(0);
}

function soundAt(index: number): Buffer {
  return audio[index % audio.length] ?? Buffer.alloc(0);
}

/** Milliseconds from SIGTERM until the tracks have ended. The container ends too, as it has no assembly order. */
async function endedBy(recorder: RunningRecorder, ask: () => Promise<void>): Promise<number> {
  const askedAt = performance.now();
  await ask();
  await recorder.recorded;
  const tookMs = performance.now() - askedAt;
  await recorder.signal("TERM").catch(() => undefined); // it may already have ended
  await recorder.ended;
  return tookMs;
}

/** Presentation times in a raw track, in milliseconds. */
async function times({ id }: RunningRecorder, kind: Kind): Promise<number[]> {
  return packetTimes(`spool/${id}.${kind}.mkv.part`, "0");
}

/** Waits until a raw track contains a packet at or after this time. */
async function arrived(recorder: RunningRecorder, kind: Kind, ms: number): Promise<void> {
  let seen: unknown;
  const look = async () => {
    const found = await times(recorder, kind).catch(String);
    seen = { found: found.slice(-5), lines: recorder.lines };
    return typeof found !== "string" && (found.at(-1) ?? 0) >= ms;
  };
  await waitFor(`${ms} ms of ${kind} are on disk`, 10_000, look, () => seen);
}

async function packetTimes(file: string, stream: string): Promise<number[]> {
  const entries = `-select_streams ${stream} -show_entries packet=pts_time -of csv=p=0`;
  const text = await bench.shell(`ffprobe -v quiet ${entries} /recordings/${file}`);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [Math.round(Number.parseFloat(line) * 1000)]));
}

interface Probed {
  streams: { codec_type: string; nb_read_packets: string }[];
  format: { duration: string; tags: Record<string, string> };
}

async function assembled(
  { id }: RunningRecorder,
  format: string,
  placements: Partial<Record<Kind, string>>,
  words: string[] = [],
) {
  const tracks = Object.entries(placements).map(([kind, placement]) => `${kind}=${placement}`);
  const { code, stdout, stderr } = await bench.command("assemble", id, `format=${format}`, ...tracks, ...words);
  expect(code, stderr).toBe(0);
  const events = stdout.split("\n").filter((line) => line.startsWith('{"event":'));
  const probed = JSON.parse(stdout.split("\n").slice(events.length).join("\n")) as Probed;
  const file = `spool/${id}.${format}.part`;
  const decoded = await bench.shell(
    `ffmpeg -v error -stats -i /recordings/${file} -fps_mode passthrough -enc_time_base:v demux -f null - 2>&1 | tr '\\r' '\\n'`,
  );
  const lines = decoded.split("\n").filter((line) => line !== "");
  const known = { video: await packetTimes(file, "v"), audio: await packetTimes(file, "a") };
  return {
    duration: Number(probed.format.duration),
    tags: probed.format.tags,
    packets: (kind: Kind) => known[kind].length,
    times: (kind: Kind) => known[kind],
    decodedFrames: Number(/frame= *(\d+)/.exec(lines.at(-1) ?? "")?.[1] ?? Number.NaN),
    /** What `decodable` found out, see services/recorder/decodable. */
    decoded: events.map((line) => JSON.parse(line)).filter(({ event }) => event === "decoded"),
    complaints: lines.filter((line) => !/^(frame|size)=/.test(line)).join("\n"),
  };
}

/** What the gateway forwards of a camera that sends ten pictures a second for 10 s, nothing for hours, and 10 s again. */
function forwardedAfterPause(hours: number): Buffer[] {
  const packets: Buffer[] = [];
  const call = new SimulatedCall({ loss: 0, delayMs: 20 });
  call.onForwarded = (kind, packet) => kind === "video" && packets.push(Buffer.from(packet));
  call.receiver.start(call.nowMs);
  call.every(50, () => call.receiver.tick(call.nowMs));
  let [isSending, pauseMs, pictures] = [true, 0, 0];
  call.every(100, () => {
    if (!isSending) return;
    const [packet = Buffer.alloc(12)] = call.video.frame(100 + pauseMs, 1, call.nowMs);
    call.toReceiver(Buffer.concat([packet.subarray(0, 12), ...wholeVp8(frameAt(pictures))]));
    pictures += 1;
    pauseMs = 0;
  });
  call.run(10_000);
  isSending = false;
  call.run(hours * HOUR_MS);
  [isSending, pauseMs, pictures] = [true, hours * HOUR_MS, 0];
  call.run(10_000);
  isSending = false;
  call.run(3_000);
  return packets;
}

/** A picture in one packet (RFC 7741, section 4.2): the start of partition 0. */
const wholeVp8 = (frame: Buffer): Buffer[] => [Buffer.from([0x10]), frame];
