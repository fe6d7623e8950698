import nodeDataChannel, { type PeerConnection, type Track } from "node-datachannel";
import { pino } from "pino";
import { expect } from "vitest";
import { emptyHeader, readHeader } from "../rtp/packet.ts";
import { AUDIO, VIDEO } from "../rtp/simulatedSender.ts";
import type { AdditionalMedia, EndReason, KindWishes, MediaSession } from "../webrtc/mediaSession.ts";
import { createMediaSessions, type MediaSessions } from "../webrtc/mediaSessions.ts";
import { boundSocket, freeUdpPort } from "./udpReceiver.ts";

/**
 * A real sender with the same library, and real ICE, DTLS and SRTP over loopback. Closing by the caller is tested with
 * browsers (test/e2e/endings.test.ts): libdatachannel often closes ICE before its DTLS close_notify was sent.
 */
export const HOST = "127.0.0.1";
export const log = pino({ level: "silent" });
/** Closes what a test opened; run after each test. */
export const cleanUps: (() => unknown)[] = [];

export async function cleanUp(): Promise<void> {
  for (const one of cleanUps.splice(0).reverse()) await one();
}

export async function startGateway(port?: number): Promise<MediaSessions> {
  const mediaPort = port ?? (await freeUdpPort());
  const sessions = createMediaSessions({ mediaPort, bindAddress: HOST, announcedIps: [], log });
  cleanUps.push(() => sessions.close());
  return sessions;
}

/** A socket in place of a recorder. */
export async function listen() {
  const packets: Buffer[] = [];
  const socket = (await boundSocket()).on("message", (packet) => packets.push(packet));
  cleanUps.push(() => socket.close());
  return { address: { host: HOST, port: socket.address().port }, packets, socket };
}

export async function recorder() {
  const [video, videoRtcp, audio, audioRtcp] = await Promise.all([listen(), listen(), listen(), listen()]);
  const redirects = {
    video: video.address,
    videoRtcp: videoRtcp.address,
    audio: audio.address,
    audioRtcp: audioRtcp.address,
  };
  return { video, videoRtcp, audio, audioRtcp, redirects };
}

export interface Caller {
  connection: PeerConnection;
  video: Track;
  audio: Track;
  offer: string;
}

export async function caller(): Promise<Caller> {
  const connection = new nodeDataChannel.PeerConnection("caller", { iceServers: [], bindAddress: HOST });
  cleanUps.push(() => connection.close());
  const audio = new nodeDataChannel.Audio("0", "SendOnly");
  audio.addOpusCodec(AUDIO.payloadType);
  audio.addSSRC(AUDIO.ssrc, "caller");
  const video = new nodeDataChannel.Video("1", "SendOnly");
  video.addVP8Codec(VIDEO.payloadType);
  video.addSSRC(VIDEO.ssrc, "caller");
  const tracks = { audio: connection.addTrack(audio), video: connection.addTrack(video) };
  const offered = new Promise<string>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === "complete") resolve(connection.localDescription()?.sdp ?? "");
    });
  });
  connection.setLocalDescription("offer");
  return { connection, ...tracks, offer: await offered };
}

export const BOTH = { video: { receive: true }, audio: { receive: true } };

export interface CallOptions {
  redirects?: object;
  /** Default: any codec is received. */
  videoWishes?: KindWishes;
  maxTracks?: number;
  isHeld?: boolean;
  /** Modifies the caller's offer before the gateway receives it. */
  offer?(sdp: string): string;
  /** Modifies the gateway's answer before the caller receives it. */
  answer?(sdp: string): string;
}

const unchanged = (sdp: string) => sdp;

export async function connect(
  sessions: MediaSessions,
  {
    redirects = {},
    videoWishes: video = BOTH.video,
    maxTracks = 0,
    isHeld = false,
    offer = unchanged,
    answer: modifyAnswer = unchanged,
  }: CallOptions = {},
) {
  const events: string[] = [];
  const ended = Promise.withResolvers<EndReason>();
  const additional: AdditionalMedia[] = [];
  const session: MediaSession = sessions.create({
    onReady: () => events.push("ready"),
    onStream: (kind) => events.push(`stream ${kind}`),
    onAdditional: (media) => {
      events.push(`additional ${media.kinds}`);
      additional.push(media);
    },
    onStalled: () => events.push("stalled"),
    onEnded: (reason) => {
      events.push(`ended ${reason}`);
      ended.resolve(reason);
    },
  });
  const peer = await caller();
  const answer = await session.answer(offer(peer.offer), { ...BOTH, video, redirects, maxTracks, isHeld });
  peer.connection.setRemoteDescription(modifyAnswer(answer), "answer");
  await expect.poll(() => peer.video.isOpen() && events.includes("ready")).toBe(true);
  return { session, peer, events, additional, ended: ended.promise, answer };
}

export const timestamps = (packets: readonly Buffer[]) =>
  packets.map((packet) => {
    const header = emptyHeader();
    readHeader(packet, header);
    return header.timestamp;
  });
