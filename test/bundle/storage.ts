import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeOrThrow, type Overlay } from "./compose.ts";
import { recreate } from "./recreate.ts";
import { run, runOrThrow } from "./run.ts";
import { IMAGE_TAG, PROJECT } from "./settings.ts";

const IMAGE = `skyway-call-recorder/uploader:${IMAGE_TAG}`;
const OVERLAY = ["--file", "compose/storage.yml"];
const NETWORK = `${PROJECT}_storage`;
const CHANGED = ["docker-guard", "orchestrator"];
const BUILD_LIMIT_MS = 300_000;
const [USER, PASSWORD] = ["recorder", "T0K3N-of-the-remote"];

/** The folder that the server serves. */
const ROOT = "/srv/served";

/** OpenSSH, the most common SFTP server. */
const SSHD = `
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends openssh-server && mkdir -p /run/sshd
RUN useradd --home-dir ${ROOT} --create-home --shell /bin/bash ${USER}
`;

/** Start command and rclone settings for each kind of server. A limit is in KiB/s over all uploads. */
const SERVERS = {
  webdav: {
    image: IMAGE,
    command: (limit?: number) =>
      `exec rclone serve webdav ${ROOT} --addr :8080 --user ${USER} --pass ${PASSWORD} ${limit ? `--bwlimit ${limit}k` : ""}`,
    remote: (host: string) => `url = http://${host}:8080\nvendor = other`,
  },
  sftp: {
    image: `skyway-call-recorder/sshd:${IMAGE_TAG}`,
    command: () => `echo ${USER}:${PASSWORD} | chpasswd && exec /usr/sbin/sshd -D -e`,
    remote: (host: string) => `host = ${host}`,
  },
} as const;

export type ServerKind = keyof typeof SERVERS;

/** A real storage server in a container on the network of the uploaders. */
export class StorageServer implements AsyncDisposable {
  readonly name: string;

  private constructor(kind: ServerKind) {
    this.name = `${PROJECT}-${kind}`;
  }

  /** @param kibPerSecond limit over all uploads, if this kind supports one; no limit by default. */
  static async start(kind: ServerKind, kibPerSecond?: number): Promise<StorageServer> {
    const server = new StorageServer(kind);
    const { image, command } = SERVERS[kind];
    await run("docker", ["rm", "--force", server.name]);
    if (kind === "sftp")
      await runOrThrow("docker", ["build", "--tag", image, "-"], { input: SSHD, limitMs: BUILD_LIMIT_MS });
    const script = `mkdir -p ${ROOT} && ${command(kibPerSecond)}`;
    const surroundings = ["--network", NETWORK, "--env", "HOME=/tmp", "--user", "0", "--name", server.name];
    await runOrThrow("docker", ["run", "--detach", "--init", ...surroundings, image, "sh", "-c", script]);
    return server;
  }

  async stop(): Promise<void> {
    await runOrThrow("docker", ["stop", "--time", "1", this.name]);
  }

  async startAgain(): Promise<void> {
    await runOrThrow("docker", ["start", this.name]);
  }

  /** Checksums of the call's files on this server, by name. A file that is removed at this moment is left out. */
  async filesOf(callId: string): Promise<Record<string, string>> {
    const find = `cd ${ROOT} && { find . -type f -path '*/${callId}/*' -exec md5sum {} + 2>/dev/null || true; }`;
    const lines = await runOrThrow("docker", ["exec", this.name, "sh", "-c", find]);
    return checksums(lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("docker", ["rm", "--force", this.name]);
  }
}

/**
 * Runs the bundle with uploads to servers of these kinds until the end of the scope (`await using`).
 *
 * @param below an overlay that stays active; none by default.
 */
export async function uploadTo(first: ServerKind, fallback?: ServerKind, below?: Overlay): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "skyway-call-recorder-"));
  const RCLONE_CONFIG = join(folder, "rclone.conf");
  await writeFile(RCLONE_CONFIG, "[none]\ntype = local\n", { mode: 0o600 });
  const env = {
    ...below?.env,
    RCLONE_CONFIG,
    UPLOAD_REMOTE: `${first}:recordings`,
    UPLOAD_FALLBACK: fallback ? `${fallback}:recordings` : "",
  };
  await composeOrThrow([...OVERLAY, "build", "uploader"], { env, limitMs: BUILD_LIMIT_MS });
  const obscured = (await runOrThrow("docker", ["run", "--rm", IMAGE, "rclone", "obscure", PASSWORD])).trim();
  const remotes = [first, ...(fallback ? [fallback] : [])].map(
    (kind) =>
      `[${kind}]\ntype = ${kind}\n${SERVERS[kind].remote(`${PROJECT}-${kind}`)}\nuser = ${USER}\npass = ${obscured}\n`,
  );
  await writeFile(RCLONE_CONFIG, remotes.join("\n"), { mode: 0o600 });
  await composeOrThrow([...OVERLAY, "up", "--no-build", "--no-deps", "uploader"], { env });
  await recreate(CHANGED, { files: [...(below?.files ?? []), ...OVERLAY], env });
  return {
    async [Symbol.asyncDispose]() {
      await recreate(CHANGED);
      await composeOrThrow([...OVERLAY, "rm", "--force", "--stop", "uploader"], { env });
      await run("docker", ["network", "rm", NETWORK]);
      await run("docker", ["volume", "rm", `${PROJECT}_rclone`]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Checksums of the call's files on the recordings volume, by name. */
export async function localFilesOf(callId: string): Promise<Record<string, string>> {
  const find = `find /recordings/calls -type f -path '*/${callId}/*' -exec md5sum {} +`;
  return checksums(await composeOrThrow(["exec", "-T", "orchestrator", "sh", "-c", find]));
}

/** A secret that may appear only in files of mode 600. */
export const SECRET = PASSWORD;

function checksums(lines: string): Record<string, string> {
  const found = lines.split("\n").flatMap((line) => {
    const [, sum, name] = /^(\w+) [ *].*\/([^/]+)$/.exec(line) ?? [];
    return sum && name ? [[name, sum] as const] : [];
  });
  return Object.fromEntries(found);
}
