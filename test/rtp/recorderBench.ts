import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Finished, run, runOrThrow } from "../bundle/run.ts";
import { RECORDER_IMAGE, TRANSCODER_IMAGE } from "../bundle/settings.ts";

export type Kind = "audio" | "video";
export const PORTS: Readonly<Record<Kind, number>> = { video: 5000, audio: 5002 };
const IMAGE = process.env["RECORDER_IMAGE"] ?? RECORDER_IMAGE;
/** The same limits as the orchestrator sets for recorders. */
const CONFINED = [
  ...["--init", "--read-only", "--tmpfs", "/tmp:size=16m", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
  ...["--user", "10001:10001", "--memory", "256m", "--memory-swap", "256m", "--cpus", "1", "--pids-limit", "64"],
];

export interface RecorderLine {
  event: string;
  kind?: Kind;
  code?: number;
  /** Milliseconds since the container was requested. */
  atMs: number;
}

/** A recorder whose ports are bound. */
export interface RunningRecorder {
  readonly id: string;
  readonly address: string;
  readonly lines: readonly RecorderLine[];
  /** Resolves when all tracks or the container have ended. */
  readonly recorded: Promise<void>;
  signal(name: "TERM" | "KILL"): Promise<void>;
  /** Runs a bash command in the container. */
  inside(line: string): Promise<void>;
  /** Resolves with the exit code when the container has ended. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

/** A separate network and volume for recorders under test; removed at the end of the scope (`await using`). */
export interface RecorderBench extends AsyncDisposable {
  record(sdps: Partial<Record<Kind, string>>, ...words: string[]): Promise<RunningRecorder>;
  /** The image's other commands: assemble, decodable, check. */
  command(...command: string[]): Promise<Finished>;
  /** Runs a shell command with the recordings in /recordings, and the whole ffmpeg. */
  shell(line: string): Promise<string>;
}

export function sdp(kind: Kind, payloadType: number, rtpmap: string, fmtp = ""): string {
  const lines = [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    `m=${kind} ${PORTS[kind]} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} ${rtpmap}`,
    ...(fmtp ? [`a=fmtp:${payloadType} ${fmtp}`] : []),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

export const VP8_SDP = sdp("video", 96, "VP8/90000");
export const OPUS_SDP = sdp("audio", 111, "opus/48000/2");

export async function openRecorderBench(): Promise<RecorderBench> {
  const name = `recorder-test-${randomUUID()}`;
  await runOrThrow("docker", ["network", "create", "--internal", name]);
  await runOrThrow("docker", ["volume", "create", name]);
  const mount = ["--volume", `${name}:/recordings`];
  const children: ChildProcess[] = [];
  const containers: string[] = [];
  let parts = 0;
  return {
    async record(sdps, ...words) {
      parts += 1;
      const id = `leg_test-p${parts}`;
      const container = `${name}-${parts}`;
      const tracks = Object.entries(sdps).map(([kind, text]) => `${kind}=${Buffer.from(text).toString("base64")}`);
      const options = ["--name", container, "--network", name, ...CONFINED, ...mount];
      const child = spawn("docker", ["run", ...options, IMAGE, "record", id, ...tracks, ...words]);
      children.push(child);
      containers.push(container);
      return started(child, container, id);
    },
    command: (...command) =>
      run("docker", ["run", "--rm", "--network", "none", ...CONFINED, ...mount, IMAGE, ...command]),
    shell: (line) =>
      runOrThrow("docker", [
        "run",
        "--rm",
        "--network",
        "none",
        "--user",
        "10001",
        ...mount,
        TRANSCODER_IMAGE,
        "bash",
        "-c",
        line,
      ]),
    async [Symbol.asyncDispose]() {
      for (const container of containers) await run("docker", ["rm", "--force", container]);
      await runOrThrow("docker", ["volume", "rm", name]);
      await runOrThrow("docker", ["network", "rm", name]);
    },
  };
}

async function started(child: ChildProcess, container: string, id: string): Promise<RunningRecorder> {
  const askedAt = performance.now();
  const lines: RecorderLine[] = [];
  let stderr = "";
  const [bound, recorded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
    if (lines.at(-1)?.event === "recorded") return; // the output of `assemble` follows
    lines.push({ ...(JSON.parse(line) as RecorderLine), atMs: performance.now() - askedAt });
    if (lines.at(-1)?.event === "bound") bound.resolve();
    if (lines.at(-1)?.event === "recorded") recorded.resolve();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stderr }));
  await Promise.race([
    bound.promise,
    ended.then(({ code }) => Promise.reject(new Error(`the recorder ended with ${code}: ${stderr}`))),
  ]);
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const address = (await runOrThrow("docker", ["inspect", "--format", format, container])).trim();
  return {
    ...{ id, address, lines, ended },
    recorded: Promise.race([recorded.promise, ended.then(() => undefined)]),
    async signal(name) {
      await runOrThrow("docker", ["kill", "--signal", name, container]);
    },
    async inside(line) {
      await runOrThrow("docker", ["exec", container, "bash", "-c", line]);
    },
  };
}
