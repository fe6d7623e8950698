import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runOrThrow } from "./run.ts";
import { IMAGE_TAG, PROJECT } from "./settings.ts";

const IMAGE = `skyway-call-recorder/test-receivers:${IMAGE_TAG}`;
const BUILD_LIMIT_MS = 300_000;
/** The network that compose/live.yml creates. */
const NETWORK = `${PROJECT}_live`;

/** RTMP on port 1935, RTMPS on 1936 with a self-signed certificate, SRT on 9000. */
const COMMANDS = {
  rtmp: () => ["nginx"],
  srt: (passphrase: string) => [
    ...[
      "sh",
      "-c",
      'exec srt-live-transmit -q "srt://:9000?mode=listener&passphrase=$1" file://con >>/received/srt.ts',
    ],
    ...["sh", passphrase],
  ],
};

/** A real server for live streams, in a container on their network. It stores what it receives. */
export class StreamReceiver implements AsyncDisposable {
  readonly host: string;

  private constructor(kind: keyof typeof COMMANDS) {
    this.host = `${PROJECT}-${kind}`;
  }

  static async build(): Promise<void> {
    await runOrThrow("docker", ["build", "--quiet", "--tag", IMAGE, "test/receivers"], { limitMs: BUILD_LIMIT_MS });
  }

  static nameOf(kind: keyof typeof COMMANDS): string {
    return new StreamReceiver(kind).host;
  }

  static async start(kind: keyof typeof COMMANDS, passphrase = ""): Promise<StreamReceiver> {
    const receiver = new StreamReceiver(kind);
    await run("docker", ["rm", "--force", receiver.host]);
    const how = ["--detach", "--init", "--network", NETWORK, "--name", receiver.host];
    await runOrThrow("docker", ["run", ...how, IMAGE, ...COMMANDS[kind](passphrase)]);
    return receiver;
  }

  /** Restarts the server; clients have to reconnect. */
  async restart(): Promise<void> {
    await runOrThrow("docker", ["restart", "--time", "1", this.host]);
  }

  /** Copies of the received files, by the server's names. */
  async received(): Promise<Map<string, string>> {
    const folder = await mkdtemp(join(tmpdir(), "received-"));
    await runOrThrow("docker", ["cp", `${this.host}:/received/.`, folder]);
    return new Map((await readdir(folder)).sort().map((name) => [name, join(folder, name)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("docker", ["rm", "--force", this.host]);
  }
}
