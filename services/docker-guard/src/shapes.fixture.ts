import type { ShapeFacts } from "./recorderShape.ts";

export const FACTS: ShapeFacts = {
  project: "skyway-call-recorder",
  imageId: `sha256:${"a".repeat(64)}`,
  network: "container:skyway-call-recorder-recorder-network",
  recordings: { type: "volume", source: "skyway-call-recorder_recordings" },
  recorderBytes: 268_435_456,
  jobBytes: 1_073_741_824,
};
export const JOB = "job_0mwthz7sw3f4e5fd91a";

export type Json = Record<string, unknown>;
export type Body = Json & { HostConfig: Json; Labels: Json };

/** The body of `POST /containers/create` as the orchestrator sends it. @param hostConfig what kinds differ in. */
export function containerBody(image: string, command: string[], labels: Json, hostConfig: Json): Body {
  return {
    Image: image,
    Cmd: command,
    User: "10001:10001",
    Labels: { "io.skyway-call-recorder.project": FACTS.project, ...labels },
    HostConfig: {
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "size=16m" },
      Mounts: [{ Type: "volume", Source: FACTS.recordings.source, Target: "/recordings" }],
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
      ...hostConfig,
    },
  };
}

/** A job that encodes. */
export function encodingJob(image: string, command: string): Body {
  const labels = {
    "io.skyway-call-recorder.role": "job",
    "io.skyway-call-recorder.job-id": JOB,
    "io.skyway-call-recorder.call-id": "call_1",
  };
  return containerBody(image, [command, JOB], labels, {
    NetworkMode: "none",
    Memory: 1_073_741_824,
    MemorySwap: 1_073_741_824,
    NanoCpus: 2_000_000_000,
    CpuShares: 128,
    PidsLimit: 256,
  });
}
