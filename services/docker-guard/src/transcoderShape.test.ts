import { describe, expect, test } from "vitest";
import { encodingJob, FACTS, JOB, type Json } from "./shapes.fixture.ts";
import { transcoderShape } from "./transcoderShape.ts";

const TRANSCODER = `sha256:${"d".repeat(64)}`;

/** A job as the orchestrator requests it. */
const job = () => encodingJob(TRANSCODER, "compose");
const passes = (body: unknown) => transcoderShape(FACTS, TRANSCODER).safeParse(body).success;

test.each(["compose", "preview"])("%s is allowed as a job", (command) => {
  expect(passes({ ...job(), Cmd: [command, JOB] })).toBe(true);
});

describe("anything else is refused", () => {
  test.each<[string, Json]>([
    ["the recorder image", { Image: FACTS.imageId }],
    ["a recorder's command", { Cmd: ["record", "leg_1-p1", "audio=djA="] }],
    ["another program", { Cmd: ["bash", "-c", "id"] }],
    ["no command, so that the image's default runs", { Cmd: undefined }],
    ["a command without its job", { Cmd: ["compose"] }],
    ["an option", { Cmd: ["compose", JOB, "-vf", "movie=x"] }],
    ["a preview of a path", { Cmd: ["preview", "calls/2026/01/02/call_1/leg_1.webm"] }],
    ["a path as a job", { Cmd: ["compose", `../${JOB}`] }],
    ["a leg as a job", { Cmd: ["compose", "leg_1-p1"] }],
    ["another job than its labels name", { Cmd: ["compose", "job_0mwthz7sw3f4e5fd91b"] }],
    ["an environment", { Env: ["LD_PRELOAD=/recordings/x.so"] }],
    ["a recorder's role", { Labels: { ...job().Labels, "io.skyway-call-recorder.role": "recorder" } }],
    ["root", { User: "0:0" }],
  ])("%s", (_, change) => expect(passes({ ...job(), ...change })).toBe(false));

  test.each<[string, Json]>([
    ["the recorders' network", { NetworkMode: FACTS.network }],
    ["the host's network", { NetworkMode: "host" }],
    ["no CPU shares, which gives a recorder's priority", { CpuShares: undefined }],
    ["a recorder's CPU shares", { CpuShares: 1024 }],
    ["more memory than is configured", { Memory: 1_073_741_825, MemorySwap: 1_073_741_825 }],
  ])("%s", (_, change) => {
    const body = job();
    expect(passes({ ...body, HostConfig: { ...body.HostConfig, ...change } })).toBe(false);
  });
});
