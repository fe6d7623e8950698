import { z } from "zod";
import { jobCommand, recorderCommand } from "./recorderCommand.ts";

/** Upper bounds that no recorder or job needs to exceed. */
export const LIMITS = {
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
  /** Most memory of a recorder, and of a job. */
  recorderBytes: number;
  jobBytes: number;
}

export const RECORDER_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
/** Role label of containers that run follow-up jobs. */
export const JOB_ROLE = "job";
/** Maximum for jobs. Other containers have 1,024. */
export const JOB_CPU_SHARES = 512;
export const LABEL_PREFIX = "io.skyway-call-recorder.";
const USER = "10001:10001";

/** The command of each role. */
const COMMANDS = { recorder: "record", assembler: "assemble", prober: "probe" } as const;
const ROLES = ["recorder", "assembler", "prober", JOB_ROLE] as const;

const labels = (project: string) =>
  z.strictObject({
    [`${LABEL_PREFIX}project`]: z.literal(project),
    [`${LABEL_PREFIX}role`]: z.enum(ROLES),
    [`${LABEL_PREFIX}recorder-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}call-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}leg-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}job-id`]: z.string().regex(RECORDER_ID).optional(),
  });

export const hostConfig = (facts: ShapeFacts, memoryBytes = Math.max(facts.recorderBytes, facts.jobBytes)) =>
  z.strictObject({
    Init: z.literal(true),
    CapDrop: z.tuple([z.literal("ALL")]),
    SecurityOpt: z.tuple([z.enum(["no-new-privileges", "no-new-privileges:true"])]),
    ReadonlyRootfs: z.literal(true),
    NetworkMode: z.enum([facts.network, "none"]),
    Memory: z.int().positive().max(memoryBytes),
    // Memory and swap together. Without it, there is as much swap as memory.
    MemorySwap: z.int().positive().max(memoryBytes),
    NanoCpus: z.int().positive().max(LIMITS.nanoCpus),
    CpuShares: z.int().positive().max(1024).optional(),
    PidsLimit: z.int().positive().max(LIMITS.pids),
    // Without options of its own, tmpfs is mounted noexec, nosuid and nodev.
    Tmpfs: z.strictObject({ "/tmp": z.literal("size=16m") }),
    Mounts: z.tuple([
      z.strictObject({
        Type: z.literal(facts.recordings.type),
        Source: z.literal(facts.recordings.source),
        Target: z.literal("/recordings"),
        ReadOnly: z.boolean().optional(),
      }),
    ]),
    // Without it, the engine's default applies, which may keep any amount of output, or send it elsewhere.
    LogConfig: z.strictObject({
      Type: z.literal("json-file"),
      Config: z.strictObject({ "max-size": z.literal("1m"), "max-file": z.literal("1") }),
    }),
  });

/**
 * The first allowed shape of `POST /containers/create`: the recorder image by id, known commands, this bundle's labels,
 * one network, one volume, no capabilities, a read-only root, an unprivileged user and bounded limits. Jobs have no
 * network and a lower CPU priority than recordings. Any field that is not listed here is refused.
 */
export function recorderShape(facts: ShapeFacts) {
  return containerShape(facts).superRefine(({ Cmd, Labels, HostConfig }, context) => {
    const role = Labels[`${LABEL_PREFIX}role`] as (typeof ROLES)[number];
    const isJob = role === JOB_ROLE;
    const refuse = (message: string, ...path: string[]) => context.addIssue({ code: "custom", path, message });
    if (jobCommand.safeParse(Cmd).success !== isJob)
      refuse("job commands and the job role are only allowed together", "Cmd");
    const memoryBytes = isJob ? facts.jobBytes : facts.recorderBytes;
    if (Math.max(HostConfig.Memory, HostConfig.MemorySwap) > memoryBytes)
      refuse(`may be at most ${memoryBytes}`, "HostConfig", "Memory");
    const named = Labels[`${LABEL_PREFIX}${isJob ? "job" : "recorder"}-id`];
    if (role !== "prober" && named !== Cmd[1]) refuse("must name the id of the command", "Labels");
    if (!isJob) {
      if (COMMANDS[role] !== Cmd[0]) refuse("is not the command of this role", "Cmd");
      if (role !== "recorder" && HostConfig.NetworkMode !== "none")
        refuse("only a recorder has a network", "HostConfig", "NetworkMode");
      return;
    }
    if (HostConfig.NetworkMode !== "none") refuse("a job must not have a network", "HostConfig", "NetworkMode");
    if ((HostConfig.CpuShares ?? Number.POSITIVE_INFINITY) > JOB_CPU_SHARES) {
      refuse(`a job may have at most ${JOB_CPU_SHARES} CPU shares`, "HostConfig", "CpuShares");
    }
  });
}

export function containerShape(facts: ShapeFacts) {
  return z.strictObject({
    Image: z.literal(facts.imageId),
    Cmd: recorderCommand,
    User: z.literal(USER),
    Labels: labels(facts.project),
    HostConfig: hostConfig(facts),
  });
}
