import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { composeOrThrow } from "./compose.ts";
import { run, runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";
import { waitFor } from "./waitFor.ts";

const FOLDER = `/var/tmp/${PROJECT}-volume`;
const IMAGE = join(FOLDER, "disk.img");
const MOUNT = join(FOLDER, "recordings");
const UNUSED_LIMIT_MS = 30_000;
const MEBIBYTE = 1024 * 1024;
const ORCHESTRATOR = ["up", "--detach", "--wait", "--no-build", "orchestrator"];

/** A small ext4 file system as RECORDINGS_DIR, until the end of its scope (`await using`). Only root may mount one. */
export class LoopVolume implements AsyncDisposable {
  /** @param yaml configuration of the orchestrator. */
  static async mounted(mebibytes: number, yaml: string): Promise<LoopVolume> {
    const volume = new LoopVolume();
    await volume.#remove(); // what an earlier, killed run left
    await mkdir(MOUNT, { recursive: true });
    const file = await open(IMAGE, "w");
    await file.truncate(mebibytes * MEBIBYTE);
    await file.close();
    await runOrThrow("mkfs.ext4", ["-q", "-F", "-m", "0", IMAGE]);
    await volume.mount();
    const config = join(FOLDER, "config.yaml");
    await writeFile(config, yaml);
    await composeOrThrow(ORCHESTRATOR, { env: { RECORDINGS_DIR: MOUNT, CONFIG_FILE: config } });
    return volume;
  }

  async mount(): Promise<void> {
    await runOrThrow("mount", ["-o", "loop,errors=remount-ro", IMAGE, MOUNT]);
  }

  /** For everyone who has it mounted; refused while anyone writes. */
  async remount(mode: "ro" | "rw"): Promise<void> {
    await runOrThrow("mount", ["-o", `remount,${mode}`, MOUNT]);
  }

  /** The kernel gives the file system up, as after an error of the disk: nobody can write any more, whoever is writing. */
  async fail(): Promise<void> {
    const { stdout } = await run("findmnt", ["--noheadings", "--output", "SOURCE", MOUNT]);
    await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, "1");
  }

  /** As an operator does it: nobody may have it mounted meanwhile. */
  async repair(): Promise<void> {
    await this.unmountLazily();
    // A container that is being started just now has all mounts for a moment, of whatever bundle it is.
    await waitFor("nobody has it mounted", UNUSED_LIMIT_MS, async () => {
      const { stdout } = await run("losetup", ["--associated", IMAGE]);
      return stdout === "";
    });
    await run("e2fsck", ["-p", "-f", IMAGE]); // its codes say what it mended
    await this.mount();
  }

  /** New containers do not find it any more; those that have it keep it. */
  async unmountLazily(): Promise<void> {
    await runOrThrow("umount", ["--lazy", MOUNT]);
  }

  /** Something else takes up room, until so much is left. */
  async fill(leaveMebibytes: number): Promise<void> {
    const { stdout } = await run("df", ["--block-size=1M", "--output=avail", MOUNT]);
    const free = Number(stdout.split("\n")[1]);
    await runOrThrow("fallocate", ["--length", `${free - leaveMebibytes}MiB`, this.#filler]);
  }

  /** The same, to the last byte. */
  async fillUp(): Promise<void> {
    const { code, stderr } = await run("dd", ["if=/dev/zero", `of=${this.#filler}`, "bs=64K", "status=none"]);
    if (code === 0 || !stderr.includes("No space")) throw new Error(`there is still space: ${stderr}`);
  }

  async makeSpace(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await composeOrThrow(ORCHESTRATOR);
    await this.#remove();
  }

  get #filler(): string {
    return join(MOUNT, "something-else");
  }

  async #remove(): Promise<void> {
    while ((await readFile("/proc/mounts", "utf8")).includes(` ${MOUNT} `)) {
      await runOrThrow("umount", ["--lazy", MOUNT]);
    }
    await rm(FOLDER, { recursive: true, force: true });
  }
}
