import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AUDIO, SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import {
  BOTH,
  cleanUp,
  connect,
  HOST,
  listen,
  log,
  recorder,
  startGateway,
  timestamps,
} from "../testing/mediaSessions.ts";
import { createMediaSessions } from "./mediaSessions.ts";
import { CHROMIUM } from "./offers.fixture.ts";

/** Audio is held in segments of half a second. */
const PART_MS = 600;

afterEach(cleanUp);

describe("a media session", () => {
  it("connects, passes media on, and ends with one BYE for each track", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, events, ended } = await connect(sessions, there);
    expect(events).toEqual(["ready", "stream audio", "stream video"]);
    expect(session.mediaFlowing(10_000)).toBe(false);

    const camera = new SimulatedSender(VIDEO);
    const microphone = new SimulatedSender(AUDIO);
    for (let count = 0; count < 20; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      for (const packet of microphone.frame(20)) peer.audio.sendMessageBinary(packet);
    }
    await expect.poll(() => there.video.packets.length + there.audio.packets.length).toBe(60);
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
    await expect.poll(() => [there.videoRtcp.packets.length, there.audioRtcp.packets.length]).toEqual([1, 1]);
    expect(there.videoRtcp.packets[0]?.toString("hex")).toBe("80c900011111111181cb000111111111");
    expect(session.tracks()[1]?.counters.packetsRedirected).toBe(40);
    expect(session.mediaFlowing(0)).toBe(false);
  });

  it("passes on packets that were sent before the end and that the library delivers later", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer } = await connect(sessions, there);
    const camera = new SimulatedSender(VIDEO);
    // Two seconds: more would be further ahead of its arrival than a camera can be.
    for (let count = 0; count < 60; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    }
    await session.end("force_close");
    await expect.poll(() => there.videoRtcp.packets.length).toBe(1);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
  });

  it("holds media until it is redirected, sends it once although the request is repeated, and then passes it on", async () => {
    const there = await recorder();
    const { session, peer } = await connect(await startGateway(), { isHeld: true });
    const [camera, microphone] = [new SimulatedSender(VIDEO), new SimulatedSender(AUDIO)];
    const send = (frames: number) => {
      for (let count = 0; count < frames; count++) {
        for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
        for (const packet of microphone.frame(20)) peer.audio.sendMessageBinary(packet);
      }
    };
    send(20);
    await expect.poll(() => session.tracks().map(({ counters }) => counters.packetsRedirected)).toEqual([20, 40]);
    expect(session.isHeld).toBe(true);
    session.redirect(there.redirects);
    session.redirect(there.redirects);
    expect(session.isHeld).toBe(false);
    send(10);
    await expect.poll(() => there.video.packets.length + there.audio.packets.length).toBe(90);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
    expect(timestamps(there.audio.packets)).toEqual(microphone.frames);
  });

  it("sends the sound that was held before the first picture, too", async () => {
    const there = await recorder();
    const { session, peer } = await connect(await startGateway(), { isHeld: true });
    const [camera, microphone] = [new SimulatedSender(VIDEO), new SimulatedSender(AUDIO)];
    const counts = () => session.tracks().map(({ counters }) => counters.packetsRedirected);
    for (let part = 0; part < 3; part++) {
      for (let count = 0; count < PART_MS / 20; count++) {
        for (const packet of microphone.frame(20)) peer.audio.sendMessageBinary(packet);
      }
      await wait(PART_MS);
    }
    for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    await expect.poll(counts).toEqual([90, 2]);
    session.redirect(there.redirects);
    await expect.poll(() => there.video.packets.length).toBe(2);
    await expect
      .poll(() => {
        const arrived = new Set(timestamps(there.audio.packets));
        return microphone.frames.filter((frame) => !arrived.has(frame));
      })
      .toEqual([]);
  });

  it("ends only when its held media is redirected, so that a call that was short is whole", async () => {
    const there = await recorder();
    const { session, peer, events } = await connect(await startGateway(), { isHeld: true });
    const camera = new SimulatedSender(VIDEO);
    for (let count = 0; count < 20; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    }
    await expect.poll(() => session.tracks()[1]?.counters.packetsRedirected).toBe(40);
    const end = session.end("force_close");
    await expect.poll(() => peer.video.isOpen()).toBe(false);
    expect(events).not.toContain("ended force_close");
    session.redirect(there.redirects);
    await end;
    await expect.poll(() => there.videoRtcp.packets.length).toBe(1);
    expect([...new Set(timestamps(there.video.packets))]).toEqual(camera.frames);
  });

  it("shares its port with other sessions", async () => {
    const sessions = await startGateway();
    const calls = await Promise.all([connect(sessions), connect(sessions), connect(sessions)]);
    const ports = calls.map(({ answer }) => /a=candidate:1 1 UDP \d+ 127\.0\.0\.1 (\d+)/.exec(answer)?.[1]);
    expect(new Set(ports).size).toBe(1);
    await calls[0]?.session.end("deleted");
    expect(calls[1]?.events).not.toContain("ended deleted");
    await sessions.close();
    expect(await calls[2]?.ended).toBe("shutdown");
  });

  it("can end before it is answered", async () => {
    const sessions = await startGateway();
    const onEnded = vi.fn();
    const session = sessions.create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onAdditional: vi.fn(),
      onEnded,
    });
    expect(session.tracks()).toEqual([]);
    session.addRemoteCandidate({ candidate: "", sdpMid: "0", sdpMLineIndex: 0 });
    await session.end("leave");
    expect(onEnded.mock.calls).toEqual([["leave", expect.any(Number)]]);
    await expect(session.answer(CHROMIUM, { ...BOTH, redirects: {} })).rejects.toMatchObject({
      code: "ALREADY_ANSWERED",
    });
  });

  it("may be answered again after a refused answer", async () => {
    const session = (await startGateway()).create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onAdditional: vi.fn(),
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

  it("reports a media port that cannot be opened", async () => {
    const taken = await listen();
    const start = () =>
      createMediaSessions({ mediaPort: taken.address.port, bindAddress: HOST, announcedIps: [], log });
    expect(start).toThrow(expect.objectContaining({ code: "MEDIA_PORT_UNAVAILABLE" }));
  });
});
