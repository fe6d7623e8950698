import { expect, test } from "vitest";
import { Plan } from "../../../../services/live/src/plan.ts";
import { Paths } from "../../archive/library/paths.ts";
import { newCallId } from "../../ids.ts";
import { manifestOf, readyLeg, recordingLeg, ringingLeg } from "../../testing/manifests.ts";
import { LiveForm } from "./liveForm.ts";
import { livePlan } from "./livePlan.ts";
import { pushOrder } from "./pushTarget.ts";

const NOW = new Date("2026-11-24T03:00:00.000Z");
const PURPOSE = {
  ...LiveForm.parse({ outputs: ["hls"] }),
  pushes: [pushOrder({ name: "tv", url: "rtmp://host/app/live", key: "s3cret" })],
};
const clock = { firstUnixMs: NOW.getTime() - 250, rate: 1.00001, source: "arrival" } as const;
const planOf = (...legs: Parameters<typeof manifestOf>[2][]) =>
  livePlan(manifestOf(newCallId(NOW), NOW, ...legs), PURPOSE, new Paths("/recordings"), null);

test("a plan contains the legs being recorded, with the tracks whose start is known", () => {
  const leg = recordingLeg(NOW);
  const counters = {};
  const tracks = [
    { kind: "audio", clock, counters },
    { kind: "video", clock: null, counters },
  ] as const;
  const plan = planOf(ringingLeg(NOW), { ...leg, tracks: [...tracks] }, readyLeg(NOW));
  const file = `spool/${leg.recorderId}.audio.mkv.part`;
  expect(plan.participants).toEqual([
    { id: leg.id, tracks: [{ kind: "audio", file, startUnixMs: clock.firstUnixMs, rate: clock.rate }] },
  ]);
});

test("if the gateway does not report track times, the start of the leg's recording is used", () => {
  const tracks = [{ kind: "video", clock: null, counters: {} }] as const;
  const plan = planOf({ ...recordingLeg(NOW), tracks: [...tracks] });
  expect(plan.participants[0]?.tracks).toMatchObject([{ kind: "video", startUnixMs: NOW.getTime(), rate: 1 }]);
});

test("services/live can parse the plan", () => {
  const plan = planOf({ ...recordingLeg(NOW), tracks: [{ kind: "video", clock, counters: {} }] });
  expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

test("with the output audio, the plan contains the folder and the format", () => {
  const id = newCallId(NOW);
  const planOf = (audio: object, outputs = ["audio"]) =>
    livePlan(
      manifestOf(id, NOW),
      { ...LiveForm.parse({ outputs, audio }), pushes: [] },
      new Paths("/recordings"),
      null,
    );
  const pcm = planOf({ format: "pcm", per: "call" });
  const folder = `calls/2026/11/24/${id}/audio`;
  expect(pcm.audio).toEqual({ folder, per: "call", format: "pcm", segmentSeconds: 5, sampleRate: 16_000 });
  expect(planOf({}).audio).toMatchObject({ format: "opus", sampleRate: 48_000 });
  for (const plan of [pcm, planOf({}), planOf({}, ["hls"])]) {
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  }
  expect(planOf({}, ["hls"])).not.toHaveProperty("audio");
});
