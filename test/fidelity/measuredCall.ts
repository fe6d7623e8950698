import type { Browser } from "../browsers/browser.ts";
import { fileUrl, findCallOf, type Leg } from "../bundle/api.ts";
import { download } from "../bundle/download.ts";
import { type Inspection, inspect } from "../bundle/recordingFile.ts";
import { MEDIA_PORT, RECORDER_PEER_ID, SIGNALING } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { analyse, type FidelityReport } from "./analyse.ts";
import type { Impairment } from "./impairment.ts";
import { openPatternPage, type PatternPage, type Statistics } from "./patternPage.ts";
import { type Presence, presence } from "./presence.ts";
import { recordedPackets } from "./recordedPackets.ts";
import { openReference } from "./reference.ts";
import { referencePairs } from "./referencePairs.ts";
import { openRelay, type RelayCounts } from "./relay.ts";
import type { Kind } from "./sentMedia.ts";
import { type Offsets, offsetsOf } from "./sync.ts";

/** Time for retransmissions after the last frame was sent. */
const REPAIR_MS = 2_000;
const READY_LIMIT_MS = 60_000;

export interface CallPlan {
  impairment: Impairment;
  /** Decides which packets are lost. */
  seed: number;
  seconds: number;
  kinds?: readonly Kind[];
  /** Options of skyway-js, such as videoCodec. */
  options?: Record<string, unknown>;
  /** Replaces plain sending for `seconds`. */
  act?: (page: PatternPage) => Promise<void>;
  /** Hangs up while media is sent, instead of stopping the media first. */
  abruptly?: boolean;
}

export interface MeasuredCall {
  presence: Partial<Record<Kind, Presence>>;
  report: FidelityReport;
  /** A/V offsets relative to the pattern, including the browser's own delays. */
  plainOffsets: Offsets | undefined;
  /** A/V offsets relative to the reference receiver. */
  offsets: Offsets | undefined;
  reference: { pairs: number; scatterMs: Record<Kind, number>; steps: number; holes: number } | undefined;
  inspection: Inspection;
  statistics: Statistics;
  relay: RelayCounts;
  leg: Leg;
}

/** Makes one call with the pattern over an impaired network and measures its recording. */
export async function measureCall(browser: Browser, pagesOrigin: string, plan: CallPlan): Promise<MeasuredCall> {
  const { impairment, seed, kinds = ["audio", "video"], options = { videoCodec: "VP8" } } = plan;
  const page = await openPatternPage(browser, pagesOrigin);
  try {
    await using relay = await openRelay(MEDIA_PORT, impairment, seed);
    const peerId = `pattern-${crypto.randomUUID()}`;
    await page.sendThrough(relay);
    await page.open(SIGNALING, peerId);
    using reference = kinds.length === 2 ? await openReference(await page.offerReference(kinds)) : undefined;
    if (reference) await page.answerReference(reference.answer);
    await page.call(RECORDER_PEER_ID, kinds, options);
    await (plan.act ?? (() => page.talk(plan.seconds * 1000)))(page);
    if (!plan.abruptly) {
      for (const kind of kinds) await page.send(kind, false);
      await page.talk(REPAIR_MS);
    }
    const statistics = await page.statistics();
    await page.hangUp();
    const sent = { audio: await page.tapped("audio"), video: await page.tapped("video") };
    const { leg, url } = await ready(peerId);
    await using file = await download(url);
    const report = await analyse(file.path, kinds);
    const known = reference && (await referencePairs(reference.media));
    return {
      presence: Object.fromEntries(
        await Promise.all(
          kinds.map(async (kind) => [kind, presence(kind, sent[kind], await recordedPackets(file.path, kind))]),
        ),
      ) as Partial<Record<Kind, Presence>>,
      report,
      plainOffsets: offsetsOf(report.pairs),
      offsets: known && offsetsOf(report.pairs, known.pairs),
      reference: known && {
        pairs: known.pairs.length,
        scatterMs: known.scatterMs,
        steps: known.steps,
        holes: (reference?.media.audio.holes ?? 0) + (reference?.media.video.holes ?? 0),
      },
      inspection: await inspect(file.path),
      statistics,
      relay: { ...relay.counts },
      leg,
    };
  } finally {
    await page.tab.close();
  }
}

async function ready(peerId: string): Promise<{ leg: Leg; url: string }> {
  let seen: unknown;
  return waitFor(
    `the call of ${peerId} is ready`,
    READY_LIMIT_MS,
    async () => {
      const call = await findCallOf(peerId);
      const leg = call?.legs.find((one) => one.peerId === peerId);
      seen = leg;
      return call && leg?.state === "ready" ? { leg, url: fileUrl(call, leg) } : undefined;
    },
    () => seen,
  );
}
