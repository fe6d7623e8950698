import { z } from "zod";
import type { Browser, Tab } from "./browser.ts";
import { CAMERA } from "./camera.ts";

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

const Replaced = z.object({ at: z.number(), agreedAt: z.number() });

const OtherSide = z.object({ named: z.array(z.string()), used: z.string() });
export type OtherSide = z.infer<typeof OtherSide>;

/** The address of signalling, as skyway-js options. */
export interface SignalingAddress {
  host: string;
  port: number;
  key: string;
  /** RTCConfiguration; without it skyway-js uses its default STUN server. */
  config?: { iceServers: unknown[]; iceTransportPolicy?: "all" | "relay" };
}

export interface CallOptions {
  metadata?: unknown;
  videoCodec?: string;
  audioCodec?: string;
  videoReceiveEnabled?: boolean;
  audioReceiveEnabled?: boolean;
  /** Added to the Opus parameters of the answer, for example "usedtx=1". */
  opus?: string;
  /** The kind that is offered but has no track yet. */
  without?: Kind[];
  /** The only offered video codec, for example "video/H264", with parameters that contain this text. */
  only?: { mimeType: string; parameters?: string };
  /** Keeps the resolution at any bitrate. */
  keepSize?: boolean;
  /** Simulcast: the scale-down factor of each layer. */
  layers?: number[];
  /** Encrypts the encoded frames, except for this many bytes at the start of each. */
  encrypted?: Partial<Record<Kind, number>>;
}

export type Kind = "audio" | "video";

export interface Size {
  width: number;
  height: number;
  /** Noise instead of a calm picture, so that all available bitrate is used. */
  busy?: boolean;
}

/** The caller's synthetic picture and sound, see test/pages/syntheticMedia.js. */
export interface SyntheticMedia {
  video: Size | false;
  audio: boolean;
  /** Sound on the left channel only. */
  leftOnly?: boolean;
}

/** Actions on a camera or a microphone; `replace`, `add` and `resize` take the new size of the video. */
export type TrackAction =
  | "disable"
  | "enable"
  | "remove"
  | "stop"
  | "replace"
  | "resize"
  | "pause"
  | "resume"
  | "close"
  | "add";

export type HangUp = "close(true)" | "close()" | "destroy()";

/** A caller's page in a tab, with unmodified skyway-js. */
export interface CallerPage {
  readonly tab: Tab;
  /** Registers at signalling. Resolves with the peer id; rejects with the error from skyway-js. */
  open(signaling: SignalingAddress, peerId?: string): Promise<string>;
  capture(media?: { video: boolean; audio: boolean }): Promise<void>;
  /** Like capture, with synthetic pictures and sounds that a test can recognise. */
  play(setting: SyntheticMedia): Promise<void>;
  /** Sends all media through the first of these relays, or through another one. Call it before all other methods. */
  sendThrough(...relays: { address: string; port: number }[]): Promise<void>;
  /** Opens a data connection. */
  connect(target: string, options: { serialization: string; metadata?: unknown }): Promise<void>;
  /** Sends a message; an array of numbers is sent as bytes. */
  say(data: unknown): Promise<void>;
  /** The received messages, in the format of `say`. */
  heard(): Promise<unknown[]>;
  isConnected(): Promise<boolean>;
  /** Resolves with the time of the action, in seconds of the call. */
  act(kind: Kind, action: TrackAction, size?: Size): Promise<number>;
  /** Replaces the stream by one with these kinds. Resolves when that is agreed, with the times in seconds of the call. */
  replaceStream(kinds: Pick<SyntheticMedia, "video" | "audio">): Promise<{ at: number; agreedAt: number }>;
  /** Calls a peer with the captured media. Resolves when media can flow. */
  call(target: string, options?: CallOptions): Promise<void>;
  /** Duration of the call so far, in milliseconds. */
  upFor(): Promise<number>;
  /** How the page reacts to incoming calls; by default it answers. */
  whenCalled(how: "answer" | "decline" | "ignore"): Promise<void>;
  /** Resolves with the metadata of an incoming call when it is connected. */
  called(): Promise<unknown>;
  /** Resolves when the call has lasted this many milliseconds. */
  talk(ms: number): Promise<void>;
  sent(): Promise<Statistics>;
  received(): Promise<Statistics>;
  /** The remote picture's properties and the colour at its centre; null while there is none. */
  seen(): Promise<Seen | null>;
  /** Loudness of the remote audio, 0 to 1. */
  loudness(): Promise<number>;
  /** Ends the call. Resolves with the statistics of the sent media. */
  hangUp(how: HangUp): Promise<Statistics>;
  /** Duration of the ended call in seconds. */
  lasted(): Promise<number>;
  isOpen(): Promise<boolean>;
  /** Whether the page believes that it is connected to signalling. */
  isConnectedToSignaling(): Promise<boolean>;
  /** Transport of the signalling socket: "polling" until it is upgraded to "websocket". */
  transport(): Promise<string>;
  errors(): Promise<string[]>;
  /** The remote candidates, best first, and the address in use, all with ports. */
  otherSide(): Promise<OtherSide>;
  /** Type of the local candidate in use: "host", or "relay" for TURN. */
  route(): Promise<string>;
}

export async function openCallerPage(browser: Browser, pagesOrigin: string): Promise<CallerPage> {
  const tab = await browser.open(`${pagesOrigin}/caller.html`);
  const run = (method: string, ...args: unknown[]) =>
    tab.evaluate(`window.caller.${method}(...${JSON.stringify(args)})`);
  return {
    tab,
    open: async (signaling, peerId) => z.string().parse(await run("open", { ...signaling, peerId })),
    capture: async ({ video, audio } = { video: true, audio: true }) =>
      void (await run("capture", { video: video && CAMERA, audio })),
    play: async (setting) => void (await run("play", setting)),
    act: async (kind, action, size) => z.number().parse(await run("act", kind, action, size)) / 1000,
    replaceStream: async (kinds) => {
      const { at, agreedAt } = Replaced.parse(await run("replaceStream", kinds));
      return { at: at / 1000, agreedAt: agreedAt / 1000 };
    },
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
