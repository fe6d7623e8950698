import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { getCall } from "../bundle/api.ts";
import { RecordingsFolder } from "../bundle/recordingsFolder.ts";
import { RECORDER_PEER_ID } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { PATIENCE_MS, readyCallOf } from "./expectations.ts";
import { openTestBrowser } from "./testBrowser.ts";

const GID = 54_321;
const CONFIGURATION = "film: { enabled: true, minimumLegs: 1, graceSeconds: 0 }\npreviews: { enabled: true }\n";
const OLD = "calls/2020/01/02/call_old/leg_old.webm";

test.skipIf(process.getuid?.() !== 0)(
  "recordings on a folder of the host can be read by its owner and the configured group only, also older ones",
  async () => {
    await using testBrowser = await openTestBrowser("chromium");
    await using folder = await RecordingsFolder.mounted(GID, CONFIGURATION, async (path) => {
      await mkdir(dirname(join(path, OLD)), { recursive: true });
      await writeFile(join(path, OLD), "x");
      await chmod(join(path, OLD), 0o644);
    });
    const { page, peerId } = await testBrowser.caller();
    await page.call(RECORDER_PEER_ID, { videoCodec: "VP8" });
    await page.talk(2_000);
    const during = await folder.list();
    await page.hangUp("close(true)");
    const { call } = await readyCallOf(peerId, Date.now(), PATIENCE_MS);
    await waitFor("film and previews", PATIENCE_MS, async () => {
      const { film, previews = {} } = await getCall(call.id);
      return film && previews[film.file.name];
    });

    for (const all of [during, await folder.list()]) {
      expect(all.filter(({ mode }) => !/^[0-7]*0$/.test(mode))).toEqual([]); // nothing for others
      expect(all.filter(({ gid }) => gid !== GID)).toEqual([]);
    }
    const kept = (await folder.list()).filter(({ path }) => path.startsWith("calls"));
    expect(new Set(kept.filter(({ isFolder }) => isFolder).map(({ mode }) => mode))).toEqual(new Set(["2750"]));
    expect(new Set(kept.filter(({ isFolder }) => !isFolder).map(({ mode }) => mode))).toEqual(new Set(["640"]));
    expect(kept.some(({ path }) => /film\.webm$/.test(path))).toBe(true);
    expect(((await stat(folder.path)).mode & 0o7777).toString(8)).toBe("2750");
  },
);
