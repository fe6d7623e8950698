import { describe, expect, test } from "vitest";
import { type Body, containerBody, FACTS, JOB, type Json } from "./shapes.fixture.ts";
import { type UploaderFacts, uploaderShape } from "./uploaderShape.ts";

const UPLOADER: UploaderFacts = {
  imageId: `sha256:${"b".repeat(64)}`,
  network: "skyway-call-recorder_storage",
  configuration: "skyway-call-recorder_rclone",
};
const CALL = `2026/11/23/call_${"0".repeat(19)}`;

/** An uploader as the orchestrator requests it. */
function uploader(): Body {
  const mount = (Source: string, Target: string) => ({ Type: "volume", Source, Target, ReadOnly: true });
  const labels = {
    "io.skyway-call-recorder.role": "job",
    "io.skyway-call-recorder.job-id": "job_1",
    "io.skyway-call-recorder.call-id": "call_1",
  };
  return containerBody(UPLOADER.imageId, ["upload", "s3:bucket/recordings", CALL], labels, {
    NetworkMode: UPLOADER.network,
    Memory: 268_435_456,
    MemorySwap: 268_435_456,
    NanoCpus: 1_000_000_000,
    CpuShares: 256,
    PidsLimit: 64,
    Mounts: [mount(FACTS.recordings.source, "/recordings"), mount(UPLOADER.configuration, "/config")],
  });
}

const passes = (body: unknown) => uploaderShape(FACTS, UPLOADER).safeParse(body).success;

test("uploading, removing and following a job are allowed", () => {
  expect(passes(uploader())).toBe(true);
  expect(passes({ ...uploader(), Cmd: ["remove", "sftp:", CALL] })).toBe(true);
  expect(passes({ ...uploader(), Cmd: ["follow", "sftp:", CALL, JOB] })).toBe(true);
});

describe("anything else is refused", () => {
  test.each<[string, Json]>([
    ["the recorder image", { Image: FACTS.imageId }],
    ["another command", { Cmd: ["rclone", "cat", "s3:"] }],
    ["no command, so that the image's default runs", { Cmd: undefined }],
    ["another argument", { Cmd: ["upload", "s3:x", CALL, "--config=/recordings/x"] }],
    ["an option for a remote", { Cmd: ["upload", "--config=/recordings/x", CALL] }],
    ["a connection string", { Cmd: ["upload", ":http,url='http://x':", CALL] }],
    ["a remote with options", { Cmd: ["upload", "s3,env_auth=true:x", CALL] }],
    ["a follow target that is not a job id", { Cmd: ["follow", "s3:x", CALL, "../../state/x"] }],
    ["a job id for a command that follows none", { Cmd: ["upload", "s3:x", CALL, JOB] }],
    ["a folder that does not belong to a call", { Cmd: ["upload", "s3:x", "../state"] }],
    ["a day's folder with all its calls", { Cmd: ["upload", "s3:x", "2026/11/23"] }],
    ["an environment", { Env: ["RCLONE_CONFIG=/recordings/x"] }],
    ["an entry point", { Entrypoint: ["bash"] }],
    ["root", { User: "0:0" }],
  ])("%s", (_, change) => {
    expect(passes({ ...uploader(), ...change })).toBe(false);
  });

  test.each<[string, Json]>([
    ["the recorders' network", { NetworkMode: FACTS.network }],
    ["the host's network", { NetworkMode: "host" }],
    ["no CPU shares, which gives a recorder's priority", { CpuShares: undefined }],
    ["more memory than the limit", { Memory: 1e12 }],
    ["a capability", { CapAdd: ["NET_ADMIN"] }],
    ["a writable root", { ReadonlyRootfs: false }],
    ["binds", { Binds: ["/:/host"] }],
  ])("%s", (_, change) => {
    const body = uploader();
    expect(passes({ ...body, HostConfig: { ...body.HostConfig, ...change } })).toBe(false);
  });

  test("writable, different or additional mounts", () => {
    const body = uploader();
    const [recordings, configuration] = body.HostConfig["Mounts"] as [Json, Json];
    for (const Mounts of [
      [{ ...recordings, ReadOnly: false }, configuration],
      [recordings, { ...configuration, ReadOnly: false }],
      [recordings, { ...configuration, Source: "another" }],
      [recordings, { ...configuration, Type: "bind", Source: "/etc" }],
      [recordings, { ...configuration, Target: "/usr/local/bin" }],
      [recordings],
      [recordings, configuration, configuration],
    ]) {
      expect(passes({ ...body, HostConfig: { ...body.HostConfig, Mounts } })).toBe(false);
    }
  });
});
