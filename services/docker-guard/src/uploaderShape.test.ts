import { describe, expect, test } from "vitest";
import type { ShapeFacts } from "./recorderShape.ts";
import { type UploaderFacts, uploaderShape } from "./uploaderShape.ts";

const FACTS: ShapeFacts = {
  project: "skyway-call-recorder",
  imageId: `sha256:${"a".repeat(64)}`,
  network: "skyway-call-recorder_recorders",
  recordings: { type: "volume", source: "skyway-call-recorder_recordings" },
  recorderBytes: 268_435_456,
  jobBytes: 1_073_741_824,
};
const UPLOADER: UploaderFacts = {
  imageId: `sha256:${"b".repeat(64)}`,
  network: "skyway-call-recorder_storage",
  configuration: "skyway-call-recorder_rclone",
};
const CALL = `2026/11/23/call_${"0".repeat(19)}`;

type Json = Record<string, unknown>;

/** An uploader as the orchestrator requests it. */
function uploader(): Json & { HostConfig: Json; Labels: Json } {
  const mount = (Source: string, Target: string) => ({ Type: "volume", Source, Target, ReadOnly: true });
  return {
    Image: UPLOADER.imageId,
    Cmd: ["upload", "s3:bucket/recordings", CALL],
    User: "10001:10001",
    Labels: {
      "io.skyway-call-recorder.project": FACTS.project,
      "io.skyway-call-recorder.role": "job",
      "io.skyway-call-recorder.job-id": "job_1",
      "io.skyway-call-recorder.call-id": "call_1",
    },
    HostConfig: {
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      NetworkMode: UPLOADER.network,
      Memory: 268_435_456,
      MemorySwap: 268_435_456,
      NanoCpus: 1_000_000_000,
      CpuShares: 256,
      PidsLimit: 64,
      Tmpfs: { "/tmp": "size=16m" },
      Mounts: [mount(FACTS.recordings.source, "/recordings"), mount(UPLOADER.configuration, "/config")],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
  };
}

const passes = (body: unknown) => uploaderShape(FACTS, UPLOADER).safeParse(body).success;

test("uploading, removing and following a job are allowed", () => {
  expect(passes(uploader())).toBe(true);
  expect(passes({ ...uploader(), Cmd: ["remove", "sftp:", CALL] })).toBe(true);
  expect(passes({ ...uploader(), Cmd: ["follow", "sftp:", CALL, "job_0mwthz7sw3f4e5fd91a"] })).toBe(true);
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
    ["a job id for a command that follows none", { Cmd: ["upload", "s3:x", CALL, "job_0mwthz7sw3f4e5fd91a"] }],
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
