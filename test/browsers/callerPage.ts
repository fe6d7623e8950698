import { z } from "zod";
import type { Browser, Tab } from "./browser.ts";

const TrackStatistics = z.object({
  packets: z.number(),
  bytes: z.number(),
  framesEncoded: z.number().nullable(),
  framesSent: z.number().nullable(),
  framesDecoded: z.number().nullable(),
  keyFramesEncoded: z.number().nullable(),
  retransmitted: z.number(),
  nacks: z.number().nullable(),
});
const Statistics = z.object({ video: TrackStatistics.nullable(), audio: TrackStatistics.nullable() });
export type Statistics = z.infer<typeof Statistics>;

const Seen = z.object({
  width: z.number(),
  height: z.number(),
  colour: z.tuple([z.number(), z.number(), z.number()]),
});
export type Seen = z.infer<typeof Seen>;

const OtherSide = z.object({ named: z.array(z.string()), used: z.string() });
export type OtherSide = z.infer<typeof OtherSide>;

/** Where signalling answers, as given to skyway-js. */
export interface SignalingAddress {
  host: string;
  port: number;
  key: string;
  /** RTCConfiguration; without it skyway-js asks a STUN server of its own. */
  config?: { iceServers: unknown[]; iceTransportPolicy?: "all" | "relay" };
}

export interface CallOptions {
  metadata?: unknown;
  videoCodec?: string;
  audioCodec?: string;
  videoReceiveEnabled?: boolean;
  audioReceiveEnabled?: boolean;
  /** Added to what the answer says about Opus: "usedtx=1". */
  opus?: string;
  /** What is offered and not there yet. */
  without?: Kind[];
  /** The only video codec that is offered: "video/H264", with parameters that hold this text. */
  only?: { mimeType: string; parameters?: string };
  /** The picture is not to be made smaller, whatever it takes. */
  keepSize?: boolean;
  /** Simulcast: by how much each layer is smaller than the picture. */
  layers?: number[];
}

export type Kind = "audio" | "video";

export interface Size {
  width: number;
  height: number;
  /** Noise instead of a quiet picture: as many bits as may be sent. */
  busy?: boolean;
}

/** What a caller shows and says, see test/pages/scene.js. */
export interface Setting {
  video: Size | false;
  audio: boolean;
  /** Sounds from one side only. */
  leftOnly?: boolean;
}

/** What callers do with a camera or a microphone; `replace` and `resize` give a video's new size. */
export type Deed = "disable" | "enable" | "remove" | "stop" | "replace" | "resize";

export type HangUp = "close(true)" | "close()" | "destroy()";

/** The caller's page in a tab, with unmodified skyway-js. */
export interface CallerPage {
  readonly tab: Tab;
  /** Registers; resolves with the peer id, rejects with skyway-js' error. */
  open(signaling: SignalingAddress, peerId?: string): Promise<string>;
  capture(media?: { video: boolean; audio: boolean }): Promise<void>;
  /** As capture, with pictures and sounds that a test can tell apart. */
  play(setting: Setting): Promise<void>;
  /** All media goes by the first of these relays, or by another one. To be called first. */
  sendThrough(...relays: { address: string; port: number }[]): Promise<void>;
  /** Opens a data connection. */
  connect(target: string, options: { serialization: string; metadata?: unknown }): Promise<void>;
  /** Sends a message: an array stands for bytes. */
  say(data: unknown): Promise<void>;
  /** The messages that came, as `say` takes them. */
  heard(): Promise<unknown[]>;
  isConnected(): Promise<boolean>;
  /** Resolves with the second of the call at which it was done. */
  act(kind: Kind, deed: Deed, size?: Size): Promise<number>;
  /** Calls a peer with what was captured; resolves when media can flow. */
  call(target: string, options?: CallOptions): Promise<void>;
  /** For how many milliseconds the call has been up. */
  upFor(): Promise<number>;
  /** What the page does when it is called; it answers by default. */
  whenCalled(how: "answer" | "decline" | "ignore"): Promise<void>;
  /** Resolves once a call that came in is up, with its metadata. */
  called(): Promise<unknown>;
  /** Resolves once the call has been up for so many milliseconds. */
  talk(ms: number): Promise<void>;
  sent(): Promise<Statistics>;
  received(): Promise<Statistics>;
  /** The other side's picture, and the colour in its middle; null while there is none. */
  seen(): Promise<Seen | null>;
  /** How loud the other side is: 0 to 1. */
  loudness(): Promise<number>;
  /** Ends the call; resolves with what was sent until then. */
  hangUp(how: HangUp): Promise<Statistics>;
  /** For how many seconds the call was up. */
  lasted(): Promise<number>;
  isOpen(): Promise<boolean>;
  /** Whether the page has a socket to signalling, as far as it knows. */
  isConnectedToSignaling(): Promise<boolean>;
  /** How the page's socket reaches signalling: by polling, until it has been upgraded to websocket. */
  transport(): Promise<string>;
  errors(): Promise<string[]>;
  /** Where the other side says it is, best first, and where media goes: addresses with their ports. */
  otherSide(): Promise<OtherSide>;
  /** How media leaves this side: "host", or "relay" by a TURN server. */
  route(): Promise<string>;
}

export async function openCallerPage(browser: Browser, pagesOrigin: string): Promise<CallerPage> {
  const tab = await browser.open(`${pagesOrigin}/caller.html`);
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.caller.${method}(...${JSON.stringify(args)})`);
  return {
    tab,
    open: async (signaling, peerId) => z.string().parse(await run("open", { ...signaling, peerId })),
    capture: async (media = { video: true, audio: true }) => void (await run("capture", media)),
    play: async (setting) => void (await run("play", setting)),
    act: async (kind, deed, size) => z.number().parse(await run("act", kind, deed, size)) / 1000,
    call: async (target, options = {}) => void (await run("call", target, options)),
    sendThrough: async (...relays) =>
      void (await run("sendThrough", ...relays.map(({ address, port }) => ({ address, port })))),
    connect: async (target, options) => void (await run("connect", target, options)),
    say: async (data) => void (await run("say", data)),
    heard: async () => z.array(z.unknown()).parse(await run("heard")),
    isConnected: async () => z.boolean().parse(await run("isConnected")),
    upFor: async () => z.number().parse(await run("upFor")),
    whenCalled: async (how) => void (await run("whenCalled", how)),
    called: () => run("called"),
    talk: async (ms) => void (await run("talk", ms)),
    sent: async () => Statistics.parse(await run("sent")),
    received: async () => Statistics.parse(await run("received")),
    seen: async () => Seen.nullable().parse(await run("seen")),
    loudness: async () => z.number().parse(await run("loudness")),
    hangUp: async (how) => Statistics.parse(await run("hangUp", how)),
    lasted: async () => z.number().parse(await run("lasted")) / 1000,
    isConnectedToSignaling: async () => z.boolean().parse(await run("isConnectedToSignaling")),
    transport: async () => z.string().parse(await run("transport")),
    isOpen: async () => z.boolean().parse(await run("isOpen")),
    errors: async () => z.array(z.string()).parse(await run("errors")),
    otherSide: async () => OtherSide.parse(await run("otherSide")),
    route: async () => z.string().parse(await run("route")),
  };
}
