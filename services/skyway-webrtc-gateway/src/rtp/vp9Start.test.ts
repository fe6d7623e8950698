import { expect, it } from "vitest";
import { Vp9Start } from "./vp9Start.ts";

/** The positions of the pictures that a recording begins with, and when. K is a keyframe; the number is that of layers. */
function begin(pictures: string[]): { atMs: number; begins: number[] } | undefined {
  const start = new Vp9Start();
  for (const [index, text] of pictures.entries()) {
    const picture = { packets: [], timestamp: index, isKeyframe: text.startsWith("K"), ssrc: 1 };
    const begun = start.take(picture, Number(text.at(-1)), index * 33);
    if (begun) return { atMs: index * 33, begins: begun.map(({ timestamp }) => timestamp) };
  }
  return undefined;
}
const times = (count: number, text: string) => Array.from({ length: count }, () => text);

it("a recording with one layer begins with its first picture", () => {
  const begun = begin(["K1", ...times(30, "1")]);
  expect(begun?.atMs).toBeLessThan(450);
  expect(begun?.begins[0]).toBe(0);
});

it("a recording with several layers begins at a keyframe with all of them, when they come with each picture", () => {
  expect(begin(["K1", "2", ...times(15, "1"), ...times(6, "2"), "K2"])?.begins).toEqual([23]);
  expect(begin(["K2", "2", "K3", ...times(20, "1"), ...times(5, "3"), "K3", "3"])?.begins).toEqual([28]);
});

it("a recording begins with everything after two seconds without such a keyframe", () => {
  const begun = begin(["K1", "2", ...times(80, "1")]);
  expect(begun?.atMs).toBeLessThan(2_050);
  expect(begun?.begins.length).toBe(62);
});
