import { randomInt } from "node:crypto";
import { seededRandom } from "../fidelity/random.ts";
import { compare, type Expected } from "./expectations.ts";
import { FRAME_MS, OPUS, pictures, reports, SOUND_CLOCK, SOUND_MS, sound, tone, VIDEO_CLOCK, VP8 } from "./media.ts";
import { numberedVp8 } from "./numberedVideo.ts";
import { recordSending, type SenderCase, type Sending } from "./senderCase.ts";
import type { SentTrack } from "./sentTrack.ts";

const FRAMES = 150;
const LENGTH_MS = FRAMES * FRAME_MS;
const KEY_EVERY = 30;
const PACKETS = LENGTH_MS / SOUND_MS;
const MIDDLE_MS = LENGTH_MS / 2;
const ALL: Expected = { pictures: [0, FRAMES], soundPackets: PACKETS, seconds: LENGTH_MS / 1000 };

/** A steady call of VP8 and Opus, and something unusual beside it. */
function steadyCall(
  name: string,
  unusual: (tracks: { video: SentTrack; audio: SentTrack }) => Sending[],
  expected: Expected = ALL,
): SenderCase {
  return {
    name,
    async run() {
      const [frames, packets] = [await numberedVp8(FRAMES, KEY_EVERY), await tone(PACKETS)];
      const recorded = await recordSending({ video: VP8, audio: OPUS }, (tracks) => ({
        // The unusual first, so that it comes before what is sent at the same time.
        sendings: [...unusual(tracks), ...pictures(tracks.video, frames), ...sound(tracks.audio, packets)],
        endMs: LENGTH_MS,
      }));
      return compare(recorded, expected);
    },
  };
}

const bothReport = (
  { video, audio }: { video: SentTrack; audio: SentTrack },
  wrongByMs: (atMs: number) => number,
): Sending[] => [
  ...reports(video, VIDEO_CLOCK, LENGTH_MS, wrongByMs),
  ...reports(audio, SOUND_CLOCK, LENGTH_MS, wrongByMs),
];

const steppedClock = (byMs: number) =>
  steadyCall(`the sender's wall clock is set by ${byMs} ms in the middle`, (tracks) =>
    bothReport(tracks, (atMs) => (atMs > MIDDLE_MS ? byMs : 0)),
  );

const newSource = (withBye: boolean) =>
  steadyCall(
    `new SSRC without pause, ${withBye ? "with" : "without"} BYE`,
    ({ video, audio }) => [
      {
        // A new encoder begins with a keyframe.
        atMs: 2 * KEY_EVERY * FRAME_MS,
        send: () => {
          for (const track of [video, audio]) {
            if (withBye) track.bye();
            track.restart(randomInt(1, 2 ** 31));
          }
        },
      },
    ],
    // No more than 0.1 s of each.
    { ...ALL, mayLack: 3, soundPackets: PACKETS - 5 },
  );

const SEED = 14;
const SCATTER_MS = 300;

export const CLOCK_CASES: readonly SenderCase[] = [
  steadyCall("no sender reports", () => []),
  steadyCall("steady sender reports", (tracks) => bothReport(tracks, () => 0)),
  steppedClock(800),
  steppedClock(-800),
  steadyCall(
    "sender reports that scatter by tenths of a second",
    (tracks) => {
      const random = seededRandom(SEED);
      return bothReport(tracks, () => random() * SCATTER_MS);
    },
    { ...ALL, inStepMs: SCATTER_MS / 2 },
  ),
  newSource(false),
  newSource(true),
  {
    name: "random RTP timestamps",
    async run() {
      const [frames, packets] = [await numberedVp8(FRAMES, KEY_EVERY), await tone(PACKETS)];
      const random = seededRandom(SEED);
      const recorded = await recordSending({ video: VP8, audio: OPUS }, ({ video, audio }) => ({
        sendings: [
          ...pictures(video, frames, { timestampOf: () => random() * 2 ** 20 }),
          ...packets.map((packet, index) => ({
            atMs: index * SOUND_MS,
            send: () => audio.frame([packet], Math.floor(random() * 2 ** 32)),
          })),
        ],
        endMs: LENGTH_MS,
      }));
      const { found, complaints } = compare(recorded, { ...ALL, rate: false, seconds: recorded.sentSeconds });
      // The order in the file must be right and its length that of the call as it arrived; times cannot be known.
      return {
        found,
        complaints: complaints.filter((complaint) => complaint.includes("s long") || complaint === "no file"),
      };
    },
  },
];
