import { describe, expect, test } from "vitest";
import { recorderCommand } from "./recorderCommand.ts";

const passes = (words: string[]) => recorderCommand.safeParse(words).success;

test.each([
  [["record", "leg_1-p1", "audio=djA="]],
  [["record", "leg_1-p1", "audio=djA=", "video=djA+/w=="]],
  [["record", "leg_1-p1", "audio=djA=", "video=djA=", "unordered"]],
  [["assemble", "leg_1-p1", "format=webm", "audio=-0.012000,1.000000123", "video=0.1,1,leg_1-p2", "title=日本語 & co"]],
  [
    [
      "assemble",
      "leg_1-p1",
      "tracks=separate",
      "transcode=vorbis",
      "until=15.250",
      "date=2026-01-02T03:04:05.678Z",
      "call_id=call_1",
    ],
  ],
])("%j is allowed as a command of the recorder image", (words) => expect(passes(words)).toBe(true));

describe("is refused:", () => {
  test.each([
    ["nothing", []],
    ["another program", ["bash", "-c", "id"]],
    ["no id", ["record"]],
    ["no track", ["record", "leg_1-p1"]],
    ["no track, unordered", ["record", "leg_1-p1", "unordered"]],
    ["unordered given twice", ["record", "leg_1-p1", "audio=djA=", "unordered", "unordered"]],
    ["three tracks", ["record", "leg_1-p1", "audio=djA=", "video=djA=", "audio=djA="]],
    ["a path as an id", ["record", "../state/peers", "audio=djA="]],
    ["an option as an id", ["assemble", "-x", "format=webm"]],
    ["an SDP that is not in base64", ["record", "leg_1-p1", "audio=v=0"]],
    ["a line break", ["assemble", "leg_1-p1", "title=a\nb"]],
    ["a line break at the end", ["assemble", "leg_1-p1", "format=webm\n"]],
    ["an unknown argument", ["assemble", "leg_1-p1", "filter=x"]],
    ["an expression as an offset", ["assemble", "leg_1-p1", "audio=system(1),1"]],
    ["a path as another recorder", ["assemble", "leg_1-p1", "audio=0,1,../x"]],
    ["an unknown format", ["assemble", "leg_1-p1", "format=tee"]],
    ["a job's command", ["compose", "job_0mwthz7sw3f4e5fd91a"]],
    ["a long argument", ["assemble", "leg_1-p1", `title=${"x".repeat(10_000)}`]],
    ["many arguments", ["assemble", "leg_1-p1", ...Array<string>(100).fill("format=webm")]],
  ])("%s", (_what, words) => expect(passes(words)).toBe(false));
});
