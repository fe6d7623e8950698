import { describe, expect, test } from "vitest";
import { liveShape } from "./liveShape.ts";
import type { ShapeFacts } from "./recorderShape.ts";

const FACTS: ShapeFacts = {
  project: "skyway-call-recorder",
  imageId: `sha256:${"a".repeat(64)}`,
  network: "skyway-call-recorder_recorders",
  recordings: { type: "volume", source: "skyway-call-recorder_recordings" },
  recorderBytes: 268_435_456,
  jobBytes: 1_073_741_824,
};
const LIVE = { imageId: `sha256:${"c".repeat(64)}`, network: "skyway-call-recorder_live" };

type Json = Record<string, unknown>;

/** A live-stream container as the orchestrator requests it. */
function live(): Json & { HostConfig: Json; Labels: Json } {
  return {
    Image: LIVE.imageId,
    Cmd: ["live", "job_0mwthz7sw3f4e5fd91a"],
    User: "10001:10001",
    Labels: {
      "io.skyway-call-recorder.project": FACTS.project,
      "io.skyway-call-recorder.role": "job",
      "io.skyway-call-recorder.job-id": "job_0mwthz7sw3f4e5fd91a",
      "io.skyway-call-recorder.call-id": "call_1",
    },
    HostConfig: {
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      NetworkMode: "none",
      Memory: 1_073_741_824,
      MemorySwap: 1_073_741_824,
      NanoCpus: 2_000_000_000,
      CpuShares: 128,
      PidsLimit: 256,
      Tmpfs: { "/tmp": "size=16m" },
      Mounts: [{ Type: "volume", Source: FACTS.recordings.source, Target: "/recordings" }],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
  };
}

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
    ["another argument", { Cmd: ["live", "job_0mwthz7sw3f4e5fd91a", "--inspect"] }],
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
