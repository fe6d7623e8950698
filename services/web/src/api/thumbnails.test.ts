import { expect, test } from "vitest";
import { evenlySpaced, readThumbnails } from "./thumbnails.ts";

const TRACK = [
  "WEBVTT",
  "",
  "00:00:00.000 --> 00:00:30.000",
  "film.thumbnails.jpg#xywh=0,0,160,90",
  "",
  "01:00:30.500 --> 01:01:00.000",
  "film.thumbnails.jpg#xywh=160,90,160,90",
  "",
].join("\n");

test("each cue of a thumbnail track becomes a thumbnail", () => {
  expect(readThumbnails(TRACK)).toEqual([
    { from: 0, x: 0, y: 0, width: 160, height: 90 },
    { from: 3630.5, x: 160, y: 90, width: 160, height: 90 },
  ]);
  expect(readThumbnails("not a track")).toEqual([]);
});

test("a few of many thumbnails are chosen, evenly spaced", () => {
  const all = Array.from({ length: 100 }, (_, from) => ({ from, x: 0, y: 0, width: 160, height: 90 }));
  expect(evenlySpaced(all, 4).map(({ from }) => from)).toEqual([0, 25, 50, 75]);
  expect(evenlySpaced(all.slice(0, 3), 4)).toHaveLength(3);
});
