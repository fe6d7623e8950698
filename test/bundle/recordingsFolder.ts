import { lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { composeOrThrow } from "./compose.ts";
import { configText } from "./configText.ts";

const ORCHESTRATOR = ["up", "--detach", "--wait", "--no-build", "orchestrator"];

/** A folder of this host as RECORDINGS_DIR, until the end of its scope (`await using`). Requires root. */
export class RecordingsFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * @param gid RECORDINGS_GID.
   * @param yaml configuration of the orchestrator.
   * @param prepare fills the folder before the bundle starts with it.
   */
  static async mounted(gid: number, yaml: string, prepare: (path: string) => Promise<void>): Promise<RecordingsFolder> {
    const folder = new RecordingsFolder(await mkdtemp(join(tmpdir(), "recordings-")));
    await prepare(folder.path);
    const config = `${folder.path}.yaml`;
    await writeFile(config, configText(yaml));
    const env = { RECORDINGS_DIR: folder.path, RECORDINGS_GID: String(gid), CONFIG_FILE: config };
    await composeOrThrow(ORCHESTRATOR, { env });
    return folder;
  }

  /** The path below the folder, permissions (octal) and group of everything in it. */
  async list(): Promise<{ path: string; isFolder: boolean; mode: string; gid: number }[]> {
    const names = await readdir(this.path, { recursive: true });
    return Promise.all(
      names.map(async (path) => {
        const entry = await lstat(join(this.path, path));
        return { path, isFolder: entry.isDirectory(), mode: (entry.mode & 0o7777).toString(8), gid: entry.gid };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await composeOrThrow(ORCHESTRATOR);
    await rm(this.path, { recursive: true, force: true });
    await rm(`${this.path}.yaml`, { force: true });
  }
}
