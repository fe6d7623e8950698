import { connections, NativeConnection, sendThrough, taps } from "./network.ts";
import { drawPictures } from "./picture.ts";
import { makeSound } from "./sound.ts";

/** The part of the skyway-js API that is used here. */
interface SkywayConnection {
  on(event: string, listener: (error: Error) => void): void;
  close(forceClose: boolean): void;
}
interface SkywayPeer {
  id: string;
  once(event: string, listener: (error: Error & { type: string }) => void): void;
  on(event: "call", listener: (call: { answer(stream: MediaStream): void }) => void): void;
  call(target: string, stream: MediaStream, options: object): SkywayConnection;
}
declare const Peer: new (peerId: string, options: object) => SkywayPeer;

type Kind = "audio" | "video";
const LOOK_AGAIN_MS = 10;
const CONNECT_LIMIT_MS = 60_000;

const tracks: Partial<Record<Kind, MediaStreamTrack>> = {};
let peer: SkywayPeer | undefined;
let call: SkywayConnection | undefined;
let reference: RTCPeerConnection | undefined;
const errors: string[] = [];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function connection(): RTCPeerConnection {
  const latest = connections.at(-1);
  if (!latest) throw new Error(`no connection; errors: ${errors.join(", ")}`);
  return latest;
}

async function connected(peerConnection: () => RTCPeerConnection | undefined): Promise<void> {
  const limit = performance.now() + CONNECT_LIMIT_MS;
  while (peerConnection()?.connectionState !== "connected") {
    if (performance.now() > limit) throw new Error(`not connected; errors: ${errors.join(", ")}`);
    await pause(LOOK_AGAIN_MS);
  }
}

const streamOf = (kinds: Kind[]) => new MediaStream(kinds.flatMap((kind) => tracks[kind] ?? []));

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

const pattern = {
  /** Starts the pattern and the beeps. */
  async prepare(startMs: number): Promise<void> {
    const sound = await makeSound();
    const canvas = document.querySelector("canvas");
    if (!canvas) throw new Error("no canvas");
    tracks.audio = sound.track;
    tracks.video = drawPictures(canvas, startMs, (atMs) => sound.beepAt(atMs)).track;
  },
  sendThrough,
  async open(signaling: object, peerId: string): Promise<void> {
    const registering = new Peer(peerId, signaling);
    await new Promise<void>((resolve, reject) => {
      registering.once("open", () => resolve());
      registering.once("error", (error) => reject(new Error(`${error.type}: ${error.message}`)));
    });
    registering.on("call", (incoming) => incoming.answer(streamOf(["audio", "video"])));
    peer = registering;
  },
  async call(target: string, kinds: Kind[], options: object): Promise<void> {
    call = peer?.call(target, streamOf(kinds), options);
    call?.on("error", (error) => errors.push(error.message));
    await connected(() => connections.at(-1));
  },
  /** Offers the same tracks to a second receiver. */
  async offerReference(kinds: Kind[]): Promise<string> {
    reference = new NativeConnection();
    for (const kind of kinds) {
      const track = tracks[kind];
      if (track) reference.addTransceiver(track, { direction: "sendonly" });
    }
    await reference.setLocalDescription();
    return reference.localDescription?.sdp ?? "";
  },
  async answerReference(sdp: string): Promise<void> {
    await reference?.setRemoteDescription({ type: "answer", sdp });
    await connected(() => reference);
  },
  talk: pause,
  /** Without a track, nothing is sent. */
  async send(kind: Kind, isOn: boolean): Promise<void> {
    const sender = connection()
      .getTransceivers()
      .find(({ receiver }) => receiver.track.kind === kind)?.sender;
    await sender?.replaceTrack(isOn ? (tracks[kind] ?? null) : null);
  },
  /** Sends black and silence instead of picture and sound. */
  enable(kind: Kind, isOn: boolean): void {
    const track = tracks[kind];
    if (track) track.enabled = isOn;
  },
  async statistics(): Promise<Record<string, unknown>[]> {
    return [...(await connection().getStats()).values()].filter(({ type }) =>
      ["outbound-rtp", "candidate-pair", "remote-candidate", "remote-inbound-rtp"].includes(type),
    );
  },
  /** Encoded audio or video frames of one of the page's calls, with the length and send time of each. */
  async tapped(
    kind: Kind,
    call: number,
  ): Promise<{ frames: [rtpTimestamp: number, atMs: number, bytes: number][]; data: string }> {
    const frames = (await taps[kind][call]?.frames()) ?? [];
    const data = new Uint8Array(frames.reduce((sum, frame) => sum + frame.data.byteLength, 0));
    let at = 0;
    for (const frame of frames) {
      data.set(new Uint8Array(frame.data), at);
      at += frame.data.byteLength;
    }
    return {
      frames: frames.map(({ rtpTimestamp, atMs, data: { byteLength } }) => [rtpTimestamp, atMs, byteLength]),
      data: base64(data),
    };
  },
  hangUp(): void {
    call?.close(true);
    reference?.close();
  },
  errors: () => errors,
};
declare global {
  interface Window {
    pattern: typeof pattern;
  }
}
window.pattern = pattern;
