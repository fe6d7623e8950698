import { expect, test } from "vitest";
import { outputsOf } from "./outputs.ts";

const FOLDER = "/recordings/live/call_0mwthz7sw3f4e5fd91a";

test("a restarted stream continues its playlist after a discontinuity", () => {
  expect(outputsOf({ outputs: ["hls"], pushes: [] }, FOLDER, () => false)).not.toContain("append_list");
  expect(outputsOf({ outputs: ["hls"], pushes: [] }, FOLDER, () => true)).toContain("+append_list+discont_start");
});

test("each output has its own options and its own file", () => {
  const both = outputsOf({ outputs: ["hls", "dash"], pushes: [] }, FOLDER, () => false).split("|");
  expect(both.map((one) => one.slice(one.lastIndexOf("]") + 1))).toEqual([
    `${FOLDER}/index.m3u8`,
    `${FOLDER}/manifest.mpd`,
  ]);
  expect(both[0]).toContain("[f=hls:hls_time=1:");
});
