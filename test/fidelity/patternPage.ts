import { z } from "zod";
import type { Browser, Tab } from "../browsers/browser.ts";
import type { SignalingAddress } from "../browsers/callerPage.ts";
import type { Kind, SentFrame } from "./sentMedia.ts";

const Tapped = z.object({
  frames: z.array(z.tuple([z.number().int().nonnegative(), z.number(), z.number().int().nonnegative()])),
  data: z.base64(),
});
const Statistics = z.array(z.looseObject({ type: z.string() }));
export type Statistics = z.infer<typeof Statistics>;

/** The page that sends the pattern with unmodified skyway-js. It answers incoming calls. */
export interface PatternPage {
  readonly tab: Tab;
  /** Starting with the next call, media is sent to this address instead of the gateway's. */
  sendThrough(relay: { address: string; port: number }): Promise<void>;
  open(signaling: SignalingAddress, peerId: string): Promise<void>;
  /** Resolves when ICE and DTLS are connected. */
  call(target: string, kinds: readonly Kind[], options?: Record<string, unknown>): Promise<void>;
  offerReference(kinds: readonly Kind[]): Promise<string>;
  answerReference(sdp: string): Promise<void>;
  talk(ms: number): Promise<void>;
  /** Stops or resumes sending audio or video; the call continues. */
  send(kind: Kind, isOn: boolean): Promise<void>;
  /** Sends black or silence, like a muted track. */
  enable(kind: Kind, isOn: boolean): Promise<void>;
  statistics(): Promise<Statistics>;
  /**
   * Every encoded frame, in order.
   *
   * @param call index of the page's call; the first by default.
   */
  tapped(kind: Kind, call?: number): Promise<SentFrame[]>;
  hangUp(): Promise<void>;
}

/** @param startMs start of the pattern in unix milliseconds; now by default. Pages with the same start are in step. */
export async function openPatternPage(
  browser: Browser,
  pagesOrigin: string,
  startMs = Date.now(),
): Promise<PatternPage> {
  const tab = await browser.open(`${pagesOrigin}/pattern.html`);
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.pattern.${method}(...${JSON.stringify(args)})`);
  await run("prepare", startMs);
  return {
    tab,
    sendThrough: async ({ address, port }) => void (await run("sendThrough", { address, port })),
    open: async (signaling, peerId) => void (await run("open", signaling, peerId)),
    call: async (target, kinds, options = {}) => void (await run("call", target, kinds, options)),
    offerReference: async (kinds) => z.string().parse(await run("offerReference", kinds)),
    answerReference: async (sdp) => void (await run("answerReference", sdp)),
    talk: async (ms) => void (await run("talk", ms)),
    send: async (kind, isOn) => void (await run("send", kind, isOn)),
    enable: async (kind, isOn) => void (await run("enable", kind, isOn)),
    statistics: async () => Statistics.parse(await run("statistics")),
    tapped: async (kind, call = 0) => cut(Tapped.parse(await run("tapped", kind, call))),
    hangUp: async () => void (await run("hangUp")),
  };
}

function cut({ frames, data }: z.infer<typeof Tapped>): SentFrame[] {
  const bytes = Buffer.from(data, "base64");
  let at = 0;
  return frames.map(([rtpTimestamp, atMs, size]) => {
    at += size;
    return { rtpTimestamp, atMs, payload: bytes.subarray(at - size, at) };
  });
}
