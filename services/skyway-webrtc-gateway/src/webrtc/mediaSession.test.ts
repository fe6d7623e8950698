import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import nodeDataChannel, { type PeerConnection, type Track } from "node-datachannel";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { emptyHeader, readHeader } from "../rtp/packet.ts";
import { AUDIO, SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import {
  createMediaSessions,
  describeOffer,
  type EndReason,
  type MediaSession,
  type MediaSessions,
} from "./mediaSession.ts";
import { CHROMIUM, CHROMIUM_RECEIVE_ONLY, FIREFOX } from "./offers.fixture.ts";
import { STALL_MS } from "./stallWatch.ts";

/**
 * A real sender on the same library, real ICE, DTLS and SRTP over loopback. That a caller's close is seen is tested with
 * browsers (test/e2e/endings.test.ts): libdatachannel itself often closes ICE before its DTLS goodbye has left.
 */
const HOST = "127.0.0.1";
const log = pino({ level: "silent" });
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, HOST);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

async function startGateway(): Promise<MediaSessions> {
  const sessions = createMediaSessions({ mediaPort: await freePort(), bindAddress: HOST, announcedIps: [], log });
  cleanUps.push(() => sessions.close());
  return sessions;
}

/** A socket in a recorder's place. */
async function listen(): Promise<{ address: { host: string; port: number }; packets: Buffer[] }> {
  const packets: Buffer[] = [];
  const socket: Socket = createSocket("udp4").on("message", (packet) => packets.push(packet));
  socket.bind(0, HOST);
  await once(socket, "listening");
  cleanUps.push(() => socket.close());
  return { address: { host: HOST, port: socket.address().port }, packets };
}

async function recorder() {
  const [video, videoRtcp, audio, audioRtcp] = await Promise.all([listen(), listen(), listen(), listen()]);
  const redirects = {
    video: video.address,
    videoRtcp: videoRtcp.address,
    audio: audio.address,
    audioRtcp: audioRtcp.address,
  };
  return { video, videoRtcp, audio, audioRtcp, redirects };
}

interface Caller {
  connection: PeerConnection;
  video: Track;
  audio: Track;
  offer: string;
}

async function caller(): Promise<Caller> {
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

const BOTH = { video: { receive: true }, audio: { receive: true } };

async function connect(sessions: MediaSessions, redirects: object = {}) {
  const events: string[] = [];
  const ended = Promise.withResolvers<EndReason>();
  const session: MediaSession = sessions.create({
    onReady: () => events.push("ready"),
    onStream: (kind) => events.push(`stream ${kind}`),
    onStalled: () => events.push("stalled"),
    onEnded: (reason) => {
      events.push(`ended ${reason}`);
      ended.resolve(reason);
    },
  });
  const peer = await caller();
  const answer = await session.answer(peer.offer, { ...BOTH, redirects });
  peer.connection.setRemoteDescription(answer, "answer");
  await vi.waitFor(() => expect(peer.video.isOpen() && events.includes("ready")).toBe(true), 5_000);
  return { session, peer, events, ended: ended.promise, answer };
}

const timestamps = (packets: readonly Buffer[]) =>
  packets.map((packet) => {
    const header = emptyHeader();
    readHeader(packet, header);
    return header.timestamp;
  });

describe("a media session", () => {
  it("connects, passes media on, and ends it with one BYE for each track", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, events, ended } = await connect(sessions, there.redirects);
    expect(events).toEqual(["ready", "stream audio", "stream video"]);
    expect(session.mediaFlowing(10_000)).toBe(false);

    const camera = new SimulatedSender(VIDEO);
    const microphone = new SimulatedSender(AUDIO);
    for (let count = 0; count < 20; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      for (const packet of microphone.frame(20)) peer.audio.sendMessageBinary(packet);
    }
    await vi.waitFor(() => expect(there.video.packets.length + there.audio.packets.length).toBe(60));
    expect(session.mediaFlowing(10_000)).toBe(true);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
    expect(timestamps(there.audio.packets)).toEqual(microphone.frames);
    expect(session.tracks().map(({ kind, negotiated, clock }) => [kind, negotiated?.codec, clock?.source])).toEqual([
      ["audio", "opus", "arrival"],
      ["video", "VP8", "arrival"],
    ]);

    await session.end("deleted");
    await session.end("shutdown");
    expect(await ended).toBe("deleted");
    expect(events.filter((event) => event.startsWith("ended"))).toEqual(["ended deleted"]);
    await vi.waitFor(() => expect([there.videoRtcp.packets.length, there.audioRtcp.packets.length]).toEqual([1, 1]));
    expect(there.videoRtcp.packets[0]?.toString("hex")).toBe("80c900011111111181cb000111111111");
    expect(session.tracks()[1]?.counters.packetsRedirected).toBe(40);
    expect(session.mediaFlowing(0)).toBe(false);
  });

  it("passes on what was sent before the end and is still on its way through the library", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer } = await connect(sessions, there.redirects);
    const camera = new SimulatedSender(VIDEO);
    for (let count = 0; count < 100; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    }
    await session.end("force_close");
    await vi.waitFor(() => expect(there.videoRtcp.packets.length).toBe(1));
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
  });

  it("shares its port with others", async () => {
    const sessions = await startGateway();
    const calls = await Promise.all([connect(sessions), connect(sessions), connect(sessions)]);
    const ports = calls.map(({ answer }) => /a=candidate:1 1 UDP \d+ 127\.0\.0\.1 (\d+)/.exec(answer)?.[1]);
    expect(new Set(ports).size).toBe(1);
    await calls[0]?.session.end("deleted");
    expect(calls[1]?.events).not.toContain("ended deleted");
    await sessions.close();
    expect(await calls[2]?.ended).toBe("shutdown");
  });

  it("ends before it was answered, too", async () => {
    const sessions = await startGateway();
    const onEnded = vi.fn();
    const session = sessions.create({ onReady: vi.fn(), onStream: vi.fn(), onStalled: vi.fn(), onEnded });
    expect(session.tracks()).toEqual([]);
    session.addRemoteCandidate({ candidate: "", sdpMid: "0", sdpMLineIndex: 0 });
    await session.end("leave");
    expect(onEnded.mock.calls).toEqual([["leave", expect.any(Number)]]);
    await expect(session.answer(CHROMIUM, { ...BOTH, redirects: {} })).rejects.toMatchObject({
      code: "ALREADY_ANSWERED",
    });
  });

  it("may be answered again after an answer that was refused", async () => {
    const session = (await startGateway()).create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onEnded: vi.fn(),
    });
    await expect(session.answer("nonsense", { ...BOTH, redirects: {} })).rejects.toMatchObject({
      code: "INVALID_OFFER",
    });
    const wrong = { audio: { receive: true }, video: { receive: true, wish: { codec: "Theora" } }, redirects: {} };
    await expect(session.answer(CHROMIUM, wrong)).rejects.toMatchObject({ code: "CODEC_NOT_OFFERED" });
    await expect(session.answer(CHROMIUM, { ...BOTH, redirects: {} })).resolves.toMatch(/a=recvonly/);
    session.addRemoteCandidate({
      candidate: "candidate:1 1 udp 1 not-an-address 1 typ host",
      sdpMid: "0",
      sdpMLineIndex: 0,
    });
    session.addRemoteCandidate({
      candidate: "candidate:1 1 udp 1 198.51.100.1 x typ host",
      sdpMid: null,
      sdpMLineIndex: null,
    });
  });

  it("says whose port it is that cannot be opened", async () => {
    const taken = await listen();
    const start = () =>
      createMediaSessions({ mediaPort: taken.address.port, bindAddress: HOST, announcedIps: [], log });
    expect(start).toThrow(expect.objectContaining({ code: "MEDIA_PORT_UNAVAILABLE" }));
  });
});

describe("what an offer holds", () => {
  it("is known before it is answered", () => {
    expect(
      describeOffer(CHROMIUM).map(({ kind, offered }) => [kind, offered[0]?.codec, offered[0]?.payloadType]),
    ).toEqual([
      ["audio", "opus", 111],
      ["video", "VP8", 96],
    ]);
    expect(describeOffer(CHROMIUM_RECEIVE_ONLY)).toEqual([]);
  });
});

describe("another offer for the same call", () => {
  it("is answered on the same transport, and the call goes on", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, answer, events } = await connect(sessions, there.redirects);
    const again = await session.renegotiate(peer.offer);
    const transportOf = (sdp: string) => /a=ice-ufrag:.*\r\na=ice-pwd:.*\r\na=fingerprint:.*\r\n/.exec(sdp)?.[0];
    expect(transportOf(again)).toBe(transportOf(answer));
    expect(again).toContain("o=- 1 2 ");
    expect(again.match(/a=recvonly/g)).toHaveLength(2);
    await expect(session.renegotiate("nonsense")).rejects.toMatchObject({ code: "INVALID_OFFER" });

    const camera = new SimulatedSender(VIDEO);
    for (let count = 0; count < 10; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    }
    await vi.waitFor(() => expect(there.video.packets.length).toBe(20));
    expect(events.filter((event) => event === "ready")).toHaveLength(1);
  });

  it("may restart ICE: another caller's transport takes the place of the first, in the same recording", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, events, answer } = await connect(sessions, there.redirects);
    const camera = new SimulatedSender(VIDEO);
    for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    await vi.waitFor(() => expect(there.video.packets.length).toBe(2));

    const moved = await caller();
    const again = await session.renegotiate(moved.offer);
    expect(/a=fingerprint:(.*)/.exec(again)?.[1]).not.toBe(/a=fingerprint:(.*)/.exec(answer)?.[1]);
    moved.connection.setRemoteDescription(again, "answer");
    await vi.waitFor(() => expect(moved.video.isOpen()).toBe(true), 5_000);
    for (const packet of camera.frame(33, 2)) moved.video.sendMessageBinary(packet);
    await vi.waitFor(() => expect(there.video.packets.length).toBe(4));
    expect(events).toEqual(["ready", "stream audio", "stream video"]);
    await session.end("deleted");
    await vi.waitFor(() => expect(there.videoRtcp.packets.length).toBe(1));
  });

  it("of Firefox is refused when ICE restarts, so that the call goes on over what it has", async () => {
    const sessions = await startGateway();
    const { session, events } = await connect(sessions);
    await expect(session.renegotiate(FIREFOX)).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(events).not.toContainEqual(expect.stringMatching(/^ended/));
  });

  it("of a call that was not answered is none", async () => {
    const session = (await startGateway()).create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onEnded: vi.fn(),
    });
    await expect(session.renegotiate(CHROMIUM)).rejects.toMatchObject({ code: "NOT_ANSWERED" });
  });
});

describe("a caller that has moved", () => {
  it("is offered a new transport once nothing comes any more, and goes on over it in the same recording", {
    timeout: 15_000,
  }, async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, events } = await connect(sessions, there.redirects);
    const camera = new SimulatedSender(VIDEO);
    for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    await vi.waitFor(() => expect(there.video.packets.length).toBe(2));
    await vi.waitFor(() => expect(events).toContain("stalled"), 2 * STALL_MS);

    const offer = session.offerAgain();
    expect(offer).toContain("a=setup:actpass");
    expect(offer).not.toMatch(/a=(candidate|end-of-candidates)/);
    expect(offer.match(/a=recvonly/g)).toHaveLength(2);
    const moved = new nodeDataChannel.PeerConnection("moved", { iceServers: [], bindAddress: HOST });
    cleanUps.push(() => moved.close());
    const video = new Promise<Track>((resolve) => {
      moved.onTrack((track) => {
        if (track.mid() === "1") resolve(track);
      });
    });
    moved.setRemoteDescription(offer, "offer");
    const answer = await vi.waitFor(() => moved.localDescription()?.sdp ?? expect.fail("no answer"));
    for (const { candidate, sdpMid } of await session.acceptAgain(answer))
      moved.addRemoteCandidate(candidate, sdpMid ?? "");
    const track = await video;
    await vi.waitFor(() => expect(track.isOpen()).toBe(true), 5_000);
    for (const packet of camera.frame(33, 2)) track.sendMessageBinary(packet);
    await vi.waitFor(() => expect(there.video.packets.length).toBe(4), 5_000);
    expect(events).toEqual(["ready", "stream audio", "stream video", "stalled"]);
    await session.end("deleted");
    await vi.waitFor(() => expect(there.videoRtcp.packets.length).toBe(1));
  });

  it("that keeps DTLS as it is, or has data channels, is left alone", async () => {
    const sessions = await startGateway();
    for (const offer of [FIREFOX]) {
      const session = sessions.create({ onReady: vi.fn(), onStream: vi.fn(), onStalled: vi.fn(), onEnded: vi.fn() });
      await session.answer(offer, { ...BOTH, redirects: {} });
      expect(() => session.offerAgain()).toThrow(/no restart with this caller/);
      await session.end("deleted");
    }
    const session = sessions.create({ onReady: vi.fn(), onStream: vi.fn(), onStalled: vi.fn(), onEnded: vi.fn() });
    expect(() => session.offerAgain()).toThrow("has not been answered");
  });
});
