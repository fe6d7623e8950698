import { z } from "zod";
import { HTTP_PORT } from "../bundle/settings.ts";
import type { Browser, Tab } from "./browser.ts";

const Sent = z.object({ frames: z.number(), audioPackets: z.number() });
export type Sent = z.infer<typeof Sent>;

/** Synthetic pictures and sounds that a test can recognise; by default both, with the codecs that Janus prefers. */
export interface Published {
  video?: boolean;
  videocodec?: "vp8" | "h264";
}

/** A page that publishes in a Janus VideoRoom. */
export interface PublisherPage {
  readonly tab: Tab;
  /** Its id in the room, which is also the leg's peer id. */
  readonly peerId: string;
  /** Resolves when media can flow. */
  publish(media?: Published): Promise<void>;
  addCamera(): Promise<void>;
  talk(ms: number): Promise<void>;
  sent(): Promise<Sent>;
  unpublish(): Promise<void>;
  leave(): Promise<void>;
  /** Sends any request to the VideoRoom; rejects with its error. */
  tell(body: object): Promise<void>;
}

/** @param display its display name in the room. */
export async function openPublisherPage(
  browser: Browser,
  pagesOrigin: string,
  room: number,
  display: string,
): Promise<PublisherPage> {
  const tab = await browser.open(`${pagesOrigin}/janus.html`);
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.publisher.${method}(...${JSON.stringify(args)})`);
  const url = `ws://127.0.0.1:${HTTP_PORT}/janus`;
  const peerId = String(z.int().parse(await run("join", url, room, display)));
  return {
    tab,
    peerId,
    publish: async (media = {}) => void (await run("publish", media)),
    addCamera: async () => void (await run("addCamera")),
    talk: async (ms) => void (await run("talk", ms)),
    sent: async () => Sent.parse(await run("sent")),
    unpublish: async () => void (await run("unpublish")),
    leave: async () => void (await run("leave")),
    tell: async (body) => void (await run("tell", body)),
  };
}
