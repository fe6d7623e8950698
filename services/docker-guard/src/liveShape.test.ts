import { describe, expect, test } from "vitest";
import { liveShape } from "./liveShape.ts";
import { encodingJob, FACTS, JOB, type Json } from "./shapes.fixture.ts";

const LIVE = { imageId: `sha256:${"c".repeat(64)}`, network: "skyway-call-recorder_live" };

/** A live-stream container as the orchestrator requests it. */
const live = () => encodingJob(LIVE.imageId, "live");

const passes = (body: unknown) => liveShape(FACTS, LIVE).safeParse(body).success;

test("a live stream is allowed, with or without push targets", () => {
  expect(passes(live())).toBe(true);
  expect(passes({ ...live(), HostConfig: { ...live().HostConfig, NetworkMode: LIVE.network } })).toBe(true);
});

describe("anything else is refused", () => {
  test.each<[string, Json]>([
    ["the recorder image", { Image: FACTS.imageId }],
    ["another command of the image", { Cmd: ["node", "-e", "0"] }],
    ["no command, so that the image's default runs", { Cmd: undefined }],
    ["another argument", { Cmd: ["live", JOB, "--inspect"] }],
    ["a plan path that is not a job id", { Cmd: ["live", "../../state/x"] }],
    ["an environment", { Env: ["NODE_OPTIONS=--require=/recordings/x.js"] }],
    ["an entry point", { Entrypoint: ["node"] }],
    ["a recorder's role", { Labels: { ...live().Labels, "io.skyway-call-recorder.role": "recorder" } }],
    ["root", { User: "0:0" }],
  ])("%s", (_, change) => expect(passes({ ...live(), ...change })).toBe(false));

  test.each<[string, Json]>([
    ["the recorders' network", { NetworkMode: FACTS.network }],
    ["the host's network", { NetworkMode: "host" }],
    ["no CPU shares, which gives a recorder's priority", { CpuShares: undefined }],
    ["a writable root", { ReadonlyRootfs: false }],
    ["binds", { Binds: ["/:/host"] }],
    ["more processes than it needs", { PidsLimit: 4_096 }],
  ])("%s", (_, change) => {
    const body = live();
    expect(passes({ ...body, HostConfig: { ...body.HostConfig, ...change } })).toBe(false);
  });
});
