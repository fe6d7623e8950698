import { h264Payloads, nalUnits, type Payloads } from "../rtp/payloads.ts";
import { compare } from "./expectations.ts";
import { FRAME_MS, H264, OPUS, pictures, SOUND_MS, sound, tone } from "./media.ts";
import { type EncodedFrame, numberedH264 } from "./numberedVideo.ts";
import { recordSending, type SenderCase } from "./senderCase.ts";
import type { TrackSettings } from "./sentTrack.ts";

const FRAMES = 150;
const SECONDS = (FRAMES * FRAME_MS) / 1000;
const KEY_EVERY = 60;
const PACKETS = (FRAMES * FRAME_MS) / SOUND_MS;
const PARAMETER_SETS = [7, 8];
const IDR = 5;

/** Each NAL unit in a packet of its own, whatever its size: FU-A only where it does not fit. */
const eachNal: Payloads = (unit) =>
  nalUnits(unit).flatMap((nal) => h264Payloads(Buffer.concat([Buffer.of(0, 0, 0, 1), nal])));

const typeOf = (payload: Buffer) => (payload[0] ?? 0) & 0x1f;
const isParameterSet = (payload: Buffer) => PARAMETER_SETS.includes(typeOf(payload));

/** Without the parameter sets, except in the first `kept` frames. */
function withoutParameterSets(frames: EncodedFrame[], kept: number): EncodedFrame[] {
  return frames.map((frame, index) =>
    index < kept ? frame : { ...frame, payloads: frame.payloads.filter((payload) => !isParameterSet(payload)) },
  );
}

function bFrameCase(bFrames: number, order: "presentation" | "decoding", hasSound: boolean): SenderCase {
  const timestamps = order === "presentation" ? "timestamps of presentation" : "timestamps in decoding order";
  return {
    name: `H264 with ${bFrames} B-frame${bFrames > 1 ? "s" : ""}, ${timestamps}${hasSound ? "" : ", no sound"}`,
    async run() {
      const frames = await numberedH264(FRAMES, KEY_EVERY, h264Payloads, { bFrames });
      const timestampOf =
        order === "presentation" ? (frame: EncodedFrame) => frame.shownAt : (_: unknown, at: number) => at;
      // No encoder sends a frame before it is captured.
      const delayMs = order === "presentation" ? bFrames * FRAME_MS : 0;
      const packets = await tone(PACKETS);
      const tracks: Record<string, TrackSettings> = { video: H264, ...(hasSound && { audio: OPUS }) };
      const recorded = await recordSending(tracks, ({ video, audio }) => ({
        sendings: [
          ...(video ? pictures(video, frames, { timestampOf, delayMs }) : []),
          ...(audio ? sound(audio, packets) : []),
        ],
        endMs: FRAMES * FRAME_MS + delayMs,
      }));
      // In decoding order, the times of the pictures are not known exactly.
      const isExact = order === "presentation";
      return compare(
        isExact ? recorded : { ...recorded, file: recorded.file && { ...recorded.file, misplacedMs: 0 } },
        {
          pictures: [0, FRAMES - 2],
          seconds: SECONDS,
          ...(hasSound && { soundPackets: PACKETS }),
        },
      );
    },
  };
}

export const H264_CASES: readonly SenderCase[] = [
  bFrameCase(1, "presentation", true),
  bFrameCase(2, "presentation", true),
  bFrameCase(2, "decoding", true),
  bFrameCase(2, "presentation", false),
  {
    name: "H264 with an access unit delimiter and SEI first, each NAL unit a packet",
    async run() {
      const frames = await numberedH264(FRAMES, KEY_EVERY, eachNal, { delimiters: true });
      const packets = await tone(PACKETS);
      const recorded = await recordSending({ video: H264, audio: OPUS }, ({ video, audio }) => ({
        sendings: [...pictures(video, frames), ...sound(audio, packets)],
        endMs: FRAMES * FRAME_MS,
      }));
      return compare(recorded, { pictures: [0, FRAMES], seconds: SECONDS, soundPackets: PACKETS });
    },
  },
  {
    name: "H264 with SPS and PPS once, and one packet of the second second lost",
    async run() {
      const frames = withoutParameterSets(await numberedH264(FRAMES, KEY_EVERY, h264Payloads), 1);
      const packets = await tone(PACKETS);
      const lostAt = KEY_EVERY / 2;
      const recorded = await recordSending({ video: H264, audio: OPUS }, ({ video, audio }) => ({
        sendings: [
          ...pictures(video, frames).filter((_, index) => index !== lostAt),
          { atMs: lostAt * FRAME_MS, send: () => video.skip(frames[lostAt]?.payloads.length ?? 1) },
          ...sound(audio, packets),
        ],
        endMs: FRAMES * FRAME_MS,
      }));
      // Back at the next keyframe: what refers to the lost picture is gone or ruined at most until there.
      const { found, complaints } = compare(recorded, {
        pictures: [0, FRAMES],
        mayLack: KEY_EVERY - lostAt,
        seconds: SECONDS,
        soundPackets: PACKETS,
      });
      return { found, complaints: complaints.filter((complaint) => !complaint.includes("ruined")) };
    },
  },
  {
    name: "H264 with SPS and PPS in sprop-parameter-sets only",
    async run() {
      const frames = await numberedH264(FRAMES, KEY_EVERY, h264Payloads);
      const sets = (frames[0]?.payloads ?? []).filter(isParameterSet).map((set) => set.toString("base64"));
      if (
        sets.length !== 2 ||
        !frames[0]?.payloads.some((payload) => typeOf(payload) === IDR || typeOf(payload) === 28)
      ) {
        throw new Error("the first picture has no parameter sets or is no keyframe");
      }
      const parameters = `${H264.parameters};sprop-parameter-sets=${sets.join(",")}`;
      const packets = await tone(PACKETS);
      const recorded = await recordSending({ video: { ...H264, parameters }, audio: OPUS }, ({ video, audio }) => ({
        sendings: [...pictures(video, withoutParameterSets(frames, 0)), ...sound(audio, packets)],
        endMs: FRAMES * FRAME_MS,
      }));
      return compare(recorded, { pictures: [0, FRAMES], seconds: SECONDS, soundPackets: PACKETS });
    },
  },
];
