import { z } from "zod";
import { recorderCommand } from "./recorderCommand.ts";

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
  /** `container:` and the name of the container whose network namespace recorders share. */
  network: string;
  /** Where recordings are stored: a volume name or a host folder. */
  recordings: { type: "volume" | "bind"; source: string };
  /** Most memory of a recorder, and of a job. */
  recorderBytes: number;
  jobBytes: number;
}

export const RECORDER_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
export const LABEL_PREFIX = "io.skyway-call-recorder.";
const USER = "10001:10001";

/** The command of each role. */
const COMMANDS = { recorder: "record", assembler: "assemble" } as const;
const ROLES = ["recorder", "assembler"] as const;

const labels = (project: string) =>
  z.strictObject({
    [`${LABEL_PREFIX}project`]: z.literal(project),
    [`${LABEL_PREFIX}role`]: z.enum(ROLES),
    [`${LABEL_PREFIX}recorder-id`]: z.string().regex(RECORDER_ID),
    [`${LABEL_PREFIX}call-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}leg-id`]: z.string().regex(RECORDER_ID).optional(),
    [`${LABEL_PREFIX}port`]: z
      .string()
      .regex(/^[0-9]{1,5}$/)
      .optional(),
  });

export const hostConfig = (facts: ShapeFacts, memoryBytes: number) =>
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
 * one network namespace, one volume, no capabilities, a read-only root, an unprivileged user and bounded limits. Any field that is
 * not listed here is refused.
 */
export function recorderShape(facts: ShapeFacts) {
  return containerShape(facts).superRefine(({ Cmd, Labels, HostConfig }, context) => {
    const role = Labels[`${LABEL_PREFIX}role`] as (typeof ROLES)[number];
    const refuse = (message: string, ...path: string[]) => context.addIssue({ code: "custom", path, message });
    if (Labels[`${LABEL_PREFIX}recorder-id`] !== Cmd[1]) refuse("must name the id of the command", "Labels");
    if (COMMANDS[role] !== Cmd[0]) refuse("is not the command of this role", "Cmd");
    if (role !== "recorder" && HostConfig.NetworkMode !== "none")
      refuse("only a recorder has a network", "HostConfig", "NetworkMode");
  });
}

/** What all shapes have in common; the other shapes replace what differs. */
export function containerShape(facts: ShapeFacts) {
  return z.strictObject({
    Image: z.literal(facts.imageId),
    Cmd: recorderCommand,
    User: z.literal(USER),
    Labels: labels(facts.project),
    HostConfig: hostConfig(facts, facts.recorderBytes),
  });
}
