import type { Browser } from "../browsers/browser.ts";
import { type Call, fileUrl, findCallOf, type Leg } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { MEDIA_PORT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { openPatternPage } from "./patternPage.ts";
import { type Presence, presence } from "./presence.ts";
import { recordedPackets } from "./recordedPackets.ts";
import { openRelay } from "./relay.ts";
import type { Kind } from "./sentMedia.ts";

const KINDS: readonly Kind[] = ["audio", "video"];
/** Packets sent this shortly before the outage cannot be retransmitted. */
const LAST_MOMENT_MS = 500;
const END_LIMIT_MS = 60_000;
const REPAIR_MS = 2_000;

/** One leg of a caller who called again. */
export interface Part {
  leg: Leg;
  presence: Record<Kind, Presence>;
  /** Missing frames that were sent while the network worked. */
  lost: Record<Kind, number>;
}

/**
 * Measures the two legs of a page whose network is away longer than any connection survives, and that calls again.
 *
 * @param talkMs duration before and after the outage.
 */
export async function measureReconnect(
  browser: Browser,
  pagesOrigin: string,
  plan: { talkMs: number; outageMs: number; seed: number },
): Promise<{ call: Call; parts: Part[] }> {
  const outage = { fromMs: plan.talkMs, forMs: plan.outageMs };
  const page = await openPatternPage(browser, pagesOrigin);
  try {
    await using relay = await openRelay(MEDIA_PORT, { outage }, plan.seed);
    const peerId = `reconnect-${crypto.randomUUID()}`;
    const options = { videoCodec: "VP8", metadata: { call: peerId } };
    await page.sendThrough(relay);
    await page.open(SIGNALING, peerId);
    await page.call(RECORDER_PEER_ID, KINDS, options);
    await readyLegs(peerId, 1);
    const goneAtMs = (relay.counts.firstPacketAtMs ?? 0) + outage.fromMs;
    await page.talk(Math.max(0, goneAtMs + outage.forMs - Date.now()));
    await page.call(RECORDER_PEER_ID, KINDS, options);
    await page.talk(plan.talkMs);
    for (const kind of KINDS) await page.send(kind, false);
    await page.talk(REPAIR_MS);
    await page.hangUp();
    const call = await readyLegs(peerId, 2);
    const parts = await Promise.all(
      call.legs.map(async (leg, index): Promise<Part> => {
        await using file = await download(fileUrl(call, leg));
        const compare = async (kind: Kind) =>
          presence(kind, await page.tapped(kind, index), await recordedPackets(file.path, kind));
        const seen = { audio: await compare("audio"), video: await compare("video") };
        const lost = (kind: Kind) => seen[kind].missing.filter((atMs) => index > 0 || atMs < goneAtMs - LAST_MOMENT_MS);
        return { leg, presence: seen, lost: { audio: lost("audio").length, video: lost("video").length } };
      }),
    );
    return { call, parts };
  } finally {
    await page.tab.close();
  }
}

function readyLegs(peerId: string, count: number): Promise<Call> {
  let seen: unknown;
  return waitFor(
    `${count} legs of ${peerId} are ready`,
    END_LIMIT_MS,
    async () => {
      const call = await findCallOf(peerId);
      seen = call;
      return call && call.legs.filter(({ state }) => state === "ready").length >= count ? call : undefined;
    },
    () => seen,
  );
}
