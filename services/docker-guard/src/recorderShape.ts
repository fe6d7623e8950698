import { z } from "zod";
import { jobCommand, recorderCommand } from "./recorderCommand.ts";

const MEBIBYTE = 1024 * 1024;

/** Upper bounds that no recorder or job needs to exceed. */
export const LIMITS = {
  memoryBytes: 2048 * MEBIBYTE,
  nanoCpus: 4_000_000_000,
  pids: 256,
} as const;

/** Values that a container of this bundle must have. */
export interface ShapeFacts {
  project: string;
  /** Full id (`sha256:…`) of the recorder image. */
  imageId: string;
  network: string;
  /** Where recordings are stored: a volume name or a host folder. */
  recordings: { type: "volume" | "bind"; source: string };
}

export const RECORDER_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
/** Role label of containers that run follow-up jobs. */
export const JOB_ROLE = "job";
/** Maximum for jobs. Other containers have 1,024. */
export const JOB_CPU_SHARES = 512;
export const LABEL_PREFIX = "io.skyway-call-recorder.";
const USER = "10001:10001";

const labels = (project: string) =>
  z.strictObject({
    [`${LABEL_PREFIX}project`]: z.literal(project),
    [`${LABEL_PREFIX}role`]: z.enum(["recorder", "assembler", "prober", JOB_ROLE]),
    [`${LABEL_PREFIX}recorder-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}call-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}leg-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}job-id`]: z.string().regex(RECORDER_ID).optional(),
  });

export const hostConfig = (facts: ShapeFacts) =>
  z.strictObject({
    AutoRemove: z.literal(false).optional(),
    Init: z.boolean().optional(),
    CapDrop: z.tuple([z.literal("ALL")]),
    SecurityOpt: z.tuple([z.enum(["no-new-privileges", "no-new-privileges:true"])]),
    ReadonlyRootfs: z.literal(true),
    NetworkMode: z.enum([facts.network, "none"]),
    Memory: z.int().positive().max(LIMITS.memoryBytes),
    MemorySwap: z.int().positive().max(LIMITS.memoryBytes).optional(),
    NanoCpus: z.int().positive().max(LIMITS.nanoCpus),
    CpuShares: z.int().positive().max(1024).optional(),
    PidsLimit: z.int().positive().max(LIMITS.pids),
    Tmpfs: z.strictObject({ "/tmp": z.string().regex(/^[a-z0-9=,]*$/) }).optional(),
    Mounts: z.tuple([
      z.strictObject({
        Type: z.literal(facts.recordings.type),
        Source: z.literal(facts.recordings.source),
        Target: z.literal("/recordings"),
        ReadOnly: z.boolean().optional(),
      }),
    ]),
    LogConfig: z
      .strictObject({
        Type: z.literal("json-file"),
        Config: z.strictObject({
          "max-size": z.string().regex(/^[1-9][0-9]?m$/),
          "max-file": z.string().regex(/^[1-9]$/),
        }),
      })
      .optional(),
    RestartPolicy: z.strictObject({ Name: z.enum(["", "no"]) }).optional(),
  });

/**
 * The first allowed shape of `POST /containers/create`: the recorder image by id, known commands, this bundle's labels,
 * one network, one volume, no capabilities, a read-only root, an unprivileged user and bounded limits. Jobs have no
 * network and a lower CPU priority than recordings. Any field that is not listed here is refused.
 */
export function recorderShape(facts: ShapeFacts) {
  return containerShape(facts).superRefine(({ Cmd, Labels, HostConfig }, context) => {
    const isJob = Labels[`${LABEL_PREFIX}role`] === JOB_ROLE;
    const refuse = (message: string, ...path: string[]) => context.addIssue({ code: "custom", path, message });
    if (jobCommand.safeParse(Cmd).success !== isJob)
      refuse("job commands and the job role are only allowed together", "Cmd");
    if (!isJob) return;
    if (HostConfig.NetworkMode !== "none") refuse("a job must not have a network", "HostConfig", "NetworkMode");
    if ((HostConfig.CpuShares ?? Number.POSITIVE_INFINITY) > JOB_CPU_SHARES) {
      refuse(`a job may have at most ${JOB_CPU_SHARES} CPU shares`, "HostConfig", "CpuShares");
    }
  });
}

export function containerShape(facts: ShapeFacts) {
  return z.strictObject({
    name: z.string().optional(),
    Image: z.literal(facts.imageId),
    Cmd: recorderCommand,
    User: z.literal(USER),
    Labels: labels(facts.project),
    HostConfig: hostConfig(facts),
    AttachStdin: z.literal(false).optional(),
    AttachStdout: z.literal(false).optional(),
    AttachStderr: z.literal(false).optional(),
    Tty: z.literal(false).optional(),
    StopSignal: z.literal("SIGTERM").optional(),
    StopTimeout: z.int().nonnegative().max(60).optional(),
    Hostname: z.string().regex(RECORDER_ID).optional(),
  });
}
