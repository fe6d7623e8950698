import { compare } from "./expectations.ts";
import { FRAME_MS, OPUS, pictures, SOUND_MS, sound, tone, VP8 } from "./media.ts";
import { numberedVp8 } from "./numberedVideo.ts";
import { recordSending, type SenderCase } from "./senderCase.ts";

const FRAMES = 120;
const LENGTH_MS = FRAMES * FRAME_MS;
const PACKETS = LENGTH_MS / SOUND_MS;
const KEY_EVERY = 30;
const VP8_DESCRIPTOR_BYTES = 1;
const CLEAR_BYTES = 10;
const SCRAMBLE = 0x5a;
const LAST_PICTURE_MS = 15_000;

/** As a page's RTCRtpScriptTransform does: the payload except its first bytes. */
function scrambled(payload: Buffer, clearBytes: number): Buffer {
  const copy = Buffer.from(payload);
  for (let index = clearBytes; index < copy.length; index += 1) copy[index] = (copy[index] ?? 0) ^ (SCRAMBLE + index);
  return copy;
}

function encryptedCase(name: string, clearBytes: number): SenderCase {
  return {
    name,
    async run() {
      const clear = await numberedVp8(FRAMES, KEY_EVERY);
      const frames = clear.map((frame) => ({
        ...frame,
        payloads: frame.payloads.map((payload, index) =>
          scrambled(payload, VP8_DESCRIPTOR_BYTES + (index === 0 ? clearBytes : 0)),
        ),
      }));
      const packets = (await tone(PACKETS)).map((packet) => scrambled(packet, Math.min(1, clearBytes)));
      const { leg } = await recordSending({ video: VP8, audio: OPUS }, ({ video, audio }) => ({
        sendings: [...pictures(video, frames), ...sound(audio, packets)],
        endMs: LENGTH_MS,
      }));
      const code = leg.error?.code ?? "none";
      return { found: `${leg.state}, ${code}`, complaints: code === "MEDIA_UNREADABLE" ? [] : [`error ${code}`] };
    },
  };
}

function stillCase(name: string, frameCount: number): SenderCase {
  return {
    name,
    async run() {
      const frames = await numberedVp8(frameCount, KEY_EVERY);
      const recorded = await recordSending({ video: VP8 }, ({ video }) => ({
        sendings: pictures(video, frames),
        endMs: LAST_PICTURE_MS,
      }));
      return compare(recorded, { pictures: [0, frameCount], seconds: LAST_PICTURE_MS / 1000, rate: false });
    },
  };
}

export const CONTENT_CASES: readonly SenderCase[] = [
  encryptedCase("end-to-end encrypted, every byte", 0),
  encryptedCase("end-to-end encrypted, except the first bytes of each frame", CLEAR_BYTES),
  stillCase("three pictures, then nothing for 15 s", 3),
  stillCase("90 pictures, then nothing until 15 s", 90),
  {
    name: "sound that begins two seconds late",
    async run() {
      const [frames, packets] = [await numberedVp8(FRAMES, KEY_EVERY), await tone(PACKETS / 2)];
      const recorded = await recordSending({ video: VP8, audio: OPUS }, ({ video, audio }) => ({
        sendings: [...pictures(video, frames), ...sound(audio, packets, LENGTH_MS / 2)],
        endMs: LENGTH_MS,
      }));
      const late = recorded.file?.soundAfterPictureMs ?? 0;
      const { found, complaints } = compare(recorded, { pictures: [0, FRAMES], seconds: LENGTH_MS / 1000 });
      const isLate = Math.abs(late - LENGTH_MS / 2) < 60;
      return {
        found,
        complaints: isLate ? complaints : [...complaints, `the sound begins after ${Math.round(late)} ms`],
      };
    },
  },
];
