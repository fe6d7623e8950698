import { describe, expect, test } from "vitest";
import type { DecodedEnd } from "../recorders/decodedEnd.ts";
import { judgeDecoded } from "./decodedFile.ts";

const end = (kind: "audio" | "video", more: Partial<DecodedEnd> = {}): DecodedEnd => ({
  ...{ kind, from: "start", errors: 0, corrupt: 0 },
  ...(kind === "audio" ? { frames: 500, peak: -8.2 } : { frames: 5, peak: null }),
  ...more,
});
const both = (kind: "audio" | "video", more: Partial<DecodedEnd> = {}) => [
  end(kind, more),
  end(kind, { ...more, from: "end" }),
];
const codesOf = (ends: DecodedEnd[]) => judgeDecoded(ends).notes.map(({ code, kind }) => `${code} ${kind}`);

describe("a recording", () => {
  test("that can be decoded has no notes", () => {
    expect(judgeDecoded([...both("audio"), ...both("video")])).toEqual({ unreadable: [], notes: [] });
    expect(judgeDecoded([])).toEqual({ unreadable: [], notes: [] });
  });

  test.each([
    ["silence", { peak: -90.6 }],
    ["nothing but zeros", { peak: null }],
    ["a voice that is clipped", { peak: 2.8 }],
    ["a single packet", { frames: 1 }],
  ])("of %s is sound", (_, more) => expect(judgeDecoded(both("audio", more)).notes).toEqual([]));

  // Measured with ffmpeg 7.1: VP8, VP9 and Opus, encrypted whole, or all but the first bytes of each frame.
  test.each([
    ["pictures that the decoder refuses", both("video", { frames: 0, errors: 149 })],
    ["pictures of which a decoder accepts a few by chance", both("video", { frames: 5, errors: 6 })],
    ["pictures that are all incomplete", both("video", { corrupt: 5 })],
    ["sound whose packets the decoder refuses", both("audio", { frames: 275, errors: 225 })],
    ["sound that is louder than any", both("audio", { peak: 76.3 })],
  ])("of %s is unreadable", (_, ends) => {
    const [{ kind }] = ends as [DecodedEnd];
    expect(judgeDecoded(ends).unreadable).toEqual([kind]);
    expect(codesOf(ends)).toEqual([`ENCRYPTED ${kind}`]);
  });

  test("is not judged by an end of which the decoder was given nothing", () => {
    const nothing = end("audio", { from: "end", frames: 0, peak: null });
    expect(judgeDecoded([end("audio"), nothing])).toEqual({ unreadable: [], notes: [] });
    expect(judgeDecoded([nothing]).unreadable).toEqual(["audio"]);
  });

  // Measured with libopus at 16 to 64 kbit/s, for each of its modes, and with random bits after the first byte.
  test.each([
    ["speech", [0.14, 0.14, 0.24], 300, []],
    ["a tone", [0, 0, 0.08], 300, []],
    ["pink noise", [0.01, 0.24, 0.03], 300, []],
    ["random bits", [0.51, 0.48, 0.48], 300, ["audio"]],
    ["few packets", [0.5, 0.5, 0.5], 10, []],
  ])("of Opus packets of %s is judged by their flags", (_, changes, packets, unreadable) => {
    expect(judgeDecoded(both("audio"), { packets, changes }).unreadable).toEqual(unreadable);
  });

  test("of which a part can be decoded is kept, with a note", () => {
    const ends = [end("video"), end("video", { from: "end", frames: 0, errors: 80 }), ...both("audio", { errors: 1 })];
    expect(judgeDecoded(ends).unreadable).toEqual([]);
    expect(codesOf(ends)).toEqual(["UNDECODABLE audio", "UNDECODABLE video"]);
    expect(judgeDecoded(ends).notes[1]?.detail).toBe(
      "at its start 5 frames were decoded; at its end 0 frames were decoded, 80 packets refused",
    );
  });
});
