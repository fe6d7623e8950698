import { expect, test } from "vitest";
import { readLines } from "./chatLine.ts";
import { subtitles } from "./subtitles.ts";

const START = Date.parse("2026-01-01T12:00:00.000Z");
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

test("a message is shown with its sender at its time of arrival, until the next message", () => {
  const lines = [
    { at: at(-3), peerId: "ada", text: "early" },
    { at: at(1.5), peerId: "ada", name: "Ada", text: "<b>hello</b>\n & welcome" },
    { at: at(2.25), peerId: "bob", json: { move: "e4" } },
    { at: at(3_700), peerId: "bob", base64: "AP+A" },
  ];
  expect(subtitles(lines, START).split("\n")).toEqual([
    "WEBVTT",
    "",
    "00:00:00.000 --> 00:00:01.500",
    "<v ada>early",
    "",
    "00:00:01.500 --> 00:00:02.500",
    "<v Ada>&lt;b&gt;hello&lt;/b&gt; &amp; welcome",
    "",
    "00:00:02.250 --> 00:00:07.250",
    '<v bob>{"move":"e4"}',
    "",
    "01:01:40.000 --> 01:01:45.000",
    "<v bob>(3 bytes)",
    "",
  ]);
});

test("a line truncated by a power failure is skipped", () => {
  const whole = { at: at(0), peerId: "ada", text: "hello" };
  const text = `${JSON.stringify(whole)}\n{"at":"2026-01-01T12:00:0\n${JSON.stringify(whole)}\n`;
  expect(readLines(text)).toEqual([whole, whole]);
});
