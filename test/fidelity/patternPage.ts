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

/** The page that sends the pattern, with unmodified skyway-js; it answers who calls it. */
export interface PatternPage {
  readonly tab: Tab;
  /** From the next call on, media goes to this address instead of the gateway's. */
  sendThrough(relay: { address: string; port: number }): Promise<void>;
  open(signaling: SignalingAddress, peerId: string): Promise<void>;
  /** Resolves when ICE and DTLS are up. */
  call(target: string, kinds: readonly Kind[], options?: Record<string, unknown>): Promise<void>;
  offerReference(kinds: readonly Kind[]): Promise<string>;
  answerReference(sdp: string): Promise<void>;
  talk(ms: number): Promise<void>;
  /** Stops or resumes sending a kind; the call goes on. */
  send(kind: Kind, isOn: boolean): Promise<void>;
  /** Black or silence, as a muted track sends it. */
  enable(kind: Kind, isOn: boolean): Promise<void>;
  statistics(): Promise<Statistics>;
  /**
   * Every frame that the encoders gave to the network, in order.
   *
   * @param call which of the page's calls, the first by default.
   */
  tapped(kind: Kind, call?: number): Promise<SentFrame[]>;
  hangUp(): Promise<void>;
}

/** @param startMs when the pattern began, in unix milliseconds: now by default. Pages share it to be in step. */
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
