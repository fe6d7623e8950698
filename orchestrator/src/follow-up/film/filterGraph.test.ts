import { describe, expect, test } from "vitest";
import type { LegId } from "../../ids.ts";
import { newCallId } from "../../ids.ts";
import type { Cast, Take } from "./cast.ts";
import { FilmForm } from "./filmForm.ts";
import { filterGraph } from "./filterGraph.ts";
import { planLines } from "./plan.ts";

const take = (name: string, offsetSeconds: number, media: Partial<Take> = {}): Take => ({
  legId: name as LegId,
  file: `${name}.webm`,
  offsetSeconds,
  durationSeconds: 10,
  hasVideo: true,
  hasAudio: true,
  ...media,
});
const cast = (...roles: Cast["roles"]): Cast => ({ roles, durationSeconds: 15, startedAt: new Date(0) });
const TWO = cast({ name: "Ada", takes: [take("a", 0)] }, { name: "日本", takes: [take("b", 2.5)] });
/** The same pattern as in the compose script. */
const ALLOWED = /^[\][a-zA-Z0-9_=:,;.|+*()/-]+$/;
const chainsOf = (text: string) => text.split(";");

test("two participants are side by side, each from their time of arrival", () => {
  const { text, picture, inputs } = filterGraph(TWO, FilmForm.parse({}));
  expect(picture).toEqual({ width: 1280, height: 392 });
  expect(inputs.map(({ file }) => file)).toEqual(["a.webm", "b.webm"]);
  expect(text).toMatch(/\[0:v\].*setpts=PTS\+0.000000\/TB\[picture0\]/);
  expect(text).toMatch(/\[1:v\].*setpts=PTS\+2.500000\/TB\[picture1\]/);
  expect(text).toContain("overlay=x=640+(640-w)/2:y=0+(360-h)/2:eval=frame:eof_action=pass[canvas2]");
});

test("audio is delayed by exact samples, mixed at full volume, and limited", () => {
  const { text, hasSound } = filterGraph(TWO, FilmForm.parse({}));
  expect(hasSound).toBe(true);
  const [first, second, mix] = chainsOf(text).slice(-3);
  expect(first).not.toContain("adelay");
  expect(second).toContain("adelay=delays=120000S:all=1");
  expect(mix).toBe(
    "[voice0][voice1]amix=inputs=2:normalize=0:duration=longest:dropout_transition=0,alimiter=limit=0.95:level=0:attack=5:release=50:latency=1,apad=whole_dur=15.000[sound]",
  );
});

test("with split audio, participants alternate between left and right", () => {
  const { text } = filterGraph(TWO, FilmForm.parse({ audio: "split" }));
  expect(text.match(/pan=stereo\|c[01]/g)).toEqual(["pan=stereo|c0", "pan=stereo|c1"]);
});

test("the graph contains no user input, and only characters that the compose script accepts", () => {
  const evil = "x'; movie=/etc/passwd [a]\\,";
  const { text, captions } = filterGraph(cast({ name: evil, takes: [take("a", 0)] }), FilmForm.parse({}));
  expect(captions).toMatchObject([{ text: evil }]);
  expect(text).not.toContain("passwd");
  expect(text).toMatch(ALLOWED);
  expect(text).toContain(",ass=filename=/tmp/captions.ass:shaping=complex,");
});

test("a name that is wider than its picture is shortened", () => {
  const small = FilmForm.parse({ tileWidth: 160, tileHeight: 90 });
  const { captions } = filterGraph(cast({ name: "x".repeat(40), takes: [take("a", 0)] }), small);
  expect(captions).toMatchObject([{ text: expect.stringMatching(/^x{20,30}…$/) }]);
});

test("each name is in the strip below its picture; without names there are no strips", () => {
  const strip = { y: 360, width: 640, height: 32, fontSize: 19 };
  expect(filterGraph(TWO, FilmForm.parse({})).captions).toEqual([
    { text: "Ada", x: 0, ...strip },
    { text: "日本", x: 640, ...strip },
  ]);
  const { text, captions } = filterGraph(TWO, FilmForm.parse({ names: false }));
  expect(captions).toEqual([]);
  expect(text).not.toContain("ass=");
});

describe("a participant who", () => {
  test("returns gets the same tile", () => {
    const { text, picture } = filterGraph(
      cast({ name: undefined, takes: [take("a", 0), take("b", 12)] }, { name: undefined, takes: [take("c", 1)] }),
      FilmForm.parse({}),
    );
    expect(picture).toEqual({ width: 1280, height: 360 });
    expect(text.match(/overlay=x=0\+/g)).toHaveLength(2);
    expect(text.match(/overlay=x=640\+/g)).toHaveLength(1);
  });

  test("sends no video has a tile and is heard", () => {
    const { text, picture } = filterGraph(
      cast({ name: "a", takes: [take("a", 0)] }, { name: "b", takes: [take("b", 0, { hasVideo: false })] }),
      FilmForm.parse({}),
    );
    expect(picture?.width).toBe(1280);
    expect(text).not.toContain("[1:v]");
    expect(text).toContain("[1:a]");
  });

  test("is the tenth is only heard", () => {
    const roles = Array.from({ length: 10 }, (_, index) => ({ name: `n${index}`, takes: [take(`t${index}`, index)] }));
    const { text, picture } = filterGraph(cast(...roles), FilmForm.parse({}));
    expect(picture).toEqual({ width: 1758, height: 1080 });
    expect(text.match(/overlay=/g)).toHaveLength(9);
    expect(text).toContain("amix=inputs=10");
  });
});

test("an audio-only film has no picture, even if video was recorded", () => {
  const { text, picture, captions } = filterGraph(TWO, FilmForm.parse({ format: "mp3" }));
  expect(picture).toBeUndefined();
  expect(captions).toEqual([]);
  expect(text).not.toContain("color");
});

test("a plan has one line for each value that the compose script needs", () => {
  const form = FilmForm.parse({});
  const graph = filterGraph(TWO, form);
  const callId = newCallId(new Date(0));
  const lines = planLines({ form, cast: TWO, graph, callId, folder: "calls/1970/01/01/x" });
  expect(lines.slice(0, -1)).toEqual([
    "format=webm",
    "seconds=15.000",
    "video=vp8",
    "kbps=1355",
    "picture=1280x392",
    "rate=30",
    "sound=yes",
    "input=calls/1970/01/01/x/a.webm",
    "input=calls/1970/01/01/x/b.webm",
    "caption=0,360,640,32,19 Ada",
    "caption=640,360,640,32,19 日本",
    "date=1970-01-01T00:00:00.000Z",
    `call_id=${callId}`,
  ]);
  expect(lines.at(-1)).toBe(`graph=${graph.text}`);
});
