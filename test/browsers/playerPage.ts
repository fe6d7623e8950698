import { z } from "zod";
import type { Browser } from "./browser.ts";

const Played = z.object({
  /** Duration that the browser reports, in seconds. */
  duration: z.number(),
  seekableTo: z.number(),
  /** Position after the seek, in seconds. */
  landed: z.number(),
  width: z.number(),
  height: z.number(),
  framesShown: z.number(),
});
export type Played = z.infer<typeof Played>;

/** Plays a file in a `<video>`: its first second, then half a second starting at `seekTo` (in seconds). */
export async function playInBrowser(
  browser: Browser,
  pagesOrigin: string,
  url: string,
  seekTo: number,
): Promise<Played> {
  const tab = await browser.open(`${pagesOrigin}/player.html`);
  try {
    return Played.parse(await tab.evaluate(`window.player.play(...${JSON.stringify([url, seekTo])})`));
  } finally {
    await tab.close();
  }
}
