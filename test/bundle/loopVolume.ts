import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { composeOrThrow } from "./compose.ts";
import { configText } from "./configText.ts";
import { run, runOrThrow } from "./run.ts";
import { PROJECT } from "./settings.ts";
import { waitFor } from "./waitFor.ts";

const FOLDER = `/var/tmp/${PROJECT}-volume`;
const IMAGE = join(FOLDER, "disk.img");
const MOUNT = join(FOLDER, "recordings");
const UNUSED_LIMIT_MS = 30_000;
const MEBIBYTE = 1024 * 1024;
const ORCHESTRATOR = ["up", "--detach", "--wait", "--no-build", "orchestrator"];

/** A small ext4 file system as RECORDINGS_DIR, until the end of its scope (`await using`). Requires root. */
export class LoopVolume implements AsyncDisposable {
  /** @param yaml configuration of the orchestrator. */
  static async mounted(mebibytes: number, yaml: string): Promise<LoopVolume> {
    const volume = new LoopVolume();
    await volume.#remove(); // leftovers of a killed run
    await mkdir(MOUNT, { recursive: true });
    const file = await open(IMAGE, "w");
    await file.truncate(mebibytes * MEBIBYTE);
    await file.close();
    await runOrThrow("mkfs.ext4", ["-q", "-F", "-m", "0", IMAGE]);
    await volume.mount();
    const config = join(FOLDER, "config.yaml");
    await writeFile(config, configText(yaml));
    await composeOrThrow(ORCHESTRATOR, { env: { RECORDINGS_DIR: MOUNT, CONFIG_FILE: config } });
    return volume;
  }

  async mount(): Promise<void> {
    await runOrThrow("mount", ["-o", "loop,errors=remount-ro", IMAGE, MOUNT]);
  }

  /** Remounts it read-only in all mounts; the kernel refuses this while a file is open for writing. */
  async remount(mode: "ro" | "rw"): Promise<void> {
    await runOrThrow("mount", ["-o", `remount,${mode}`, MOUNT]);
  }

  /** Shuts the file system down, as the kernel does after a disk error: all further writes fail. */
  async fail(): Promise<void> {
    const { stdout } = await run("findmnt", ["--noheadings", "--output", "SOURCE", MOUNT]);
    await writeFile(`/sys/fs/ext4/${basename(stdout.trim())}/trigger_fs_error`, "1");
  }

  /** Repairs it as an operator would; nothing may have it mounted. */
  async repair(): Promise<void> {
    await this.unmountLazily();
    // While any container of this host starts, it holds all mounts for a moment.
    await waitFor("the file system is not mounted anywhere", UNUSED_LIMIT_MS, async () => {
      const { stdout } = await run("losetup", ["--associated", IMAGE]);
      return stdout === "";
    });
    await run("e2fsck", ["-p", "-f", IMAGE]); // its exit codes tell what it repaired
    await this.mount();
  }

  /** New containers do not see it any more; running containers keep it. */
  async unmountLazily(): Promise<void> {
    await runOrThrow("umount", ["--lazy", MOUNT]);
  }

  /** Fills the file system until this much space is left. */
  async fill(leaveMebibytes: number): Promise<void> {
    const { stdout } = await run("df", ["--block-size=1M", "--output=avail", MOUNT]);
    const free = Number(stdout.split("\n")[1]);
    await runOrThrow("fallocate", ["--length", `${free - leaveMebibytes}MiB`, this.#filler]);
  }

  /** Fills the file system completely. */
  async fillUp(): Promise<void> {
    const { code, stderr } = await run("dd", ["if=/dev/zero", `of=${this.#filler}`, "bs=64K", "status=none"]);
    if (code === 0 || !stderr.includes("No space")) throw new Error(`the file system is not full: ${stderr}`);
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
