import { expect, test } from "vitest";
import { thumbnailSheet, thumbnailTrack } from "./thumbnailSheet.ts";

test.each([
  [0.4, { intervalSeconds: 1, count: 1, columns: 1, rows: 1, ofKeyframes: false }],
  [12.3, { intervalSeconds: 1, count: 13, columns: 10, rows: 2, ofKeyframes: false }],
  [600, { intervalSeconds: 6, count: 100, columns: 10, rows: 10, ofKeyframes: false }],
  [7_200, { intervalSeconds: 72, count: 100, columns: 10, rows: 10, ofKeyframes: true }],
])("a file of %f s has at most a hundred thumbnails at equal intervals", (seconds, sheet) => {
  expect(thumbnailSheet(seconds)).toEqual(sheet);
});

test("players find each thumbnail by its time", () => {
  const track = thumbnailTrack(thumbnailSheet(11.25), 11.25, "leg_1.thumbnails.jpg");
  const lines = track.split("\n");
  expect(lines.slice(0, 5)).toEqual([
    "WEBVTT",
    "",
    "00:00:00.000 --> 00:00:01.000",
    "leg_1.thumbnails.jpg#xywh=0,0,160,90",
    "",
  ]);
  expect(lines.slice(-3)).toEqual(["00:00:11.000 --> 00:00:11.250", "leg_1.thumbnails.jpg#xywh=160,90,160,90", ""]);
  expect(track.match(/-->/g)).toHaveLength(12);
});
