import { z } from "zod";

/** Maximum argument length. An SDP in base64 has about 500 characters, a title about 200. */
const ARGUMENT_LIMIT_CHARACTERS = 8_192;
/** A leg has two tracks, and each track has one part per recorder takeover. */
const PARTS_LIMIT = 64;

const ID = "[A-Za-z0-9][A-Za-z0-9_-]{0,127}";
const NUMBER = "[0-9]+(\\.[0-9]+)?";
const FORMAT = "webm|mkv|mp4";

const argument = (pattern: string) =>
  z
    .string()
    .max(ARGUMENT_LIMIT_CHARACTERS)
    .regex(new RegExp(`^(${pattern})$`, "u"));

const id = argument(ID);
const track = argument("(audio|video)=[A-Za-z0-9+/]+={0,2}|unordered");
const detail = argument(
  [
    `format=(${FORMAT})`,
    `(audio|video)=-?${NUMBER},${NUMBER}(,${ID})?`,
    "tracks=separate",
    "transcode=vorbis",
    `until=${NUMBER}`,
    "title=\\P{C}*",
    "date=[0-9TZ:.-]+",
    `(call|leg)_id=${ID}`,
  ].join("|"),
);

/** The commands of the recorder image and their allowed arguments; see services/recorder. */
export const recorderCommand = z.union(
  [
    z.tuple([z.literal("record"), id], track).refine(([, , ...words]) => {
      const tracks = words.filter((word) => word !== "unordered").length;
      return tracks > 0 && tracks <= 2 && words.length - tracks <= 1;
    }, "needs one SDP per track, for one or two tracks"),
    z.tuple([z.literal("assemble"), id], detail).refine((words) => words.length <= PARTS_LIMIT, "too many arguments"),
  ],
  "is not a command of the recorder image",
);
