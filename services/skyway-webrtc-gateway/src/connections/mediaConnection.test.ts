import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { GatewayError } from "../errors.ts";
import { describeOffer } from "../webrtc/codecDescription.ts";
import type { EndReason, MediaSession, MediaSessionListeners, RemoteCandidate } from "../webrtc/mediaSession.ts";
import { HANG_UP_MESSAGE_LIMIT_MS } from "./callEnd.ts";
import { CONNECT_LIMIT_MS, OFFER_LIFE_MS, RING_LIMIT_MS } from "./deadline.ts";
import { LEAVE_WATCH_MS } from "./leaveWatch.ts";
import { MediaConnection } from "./mediaConnection.ts";

const OFFER = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "c=IN IP4 0.0.0.0",
  "a=mid:0",
  "a=sendonly",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=ice-ufrag:abcd",
  "a=ice-pwd:abcdefghijklmnopqrstuvwx",
  `a=fingerprint:sha-256 ${Array(32).fill("AB").join(":")}`,
  "a=setup:actpass",
  "",
].join("\r\n");

const OPTIONS = { audio: { receive: true }, video: { receive: false }, redirects: {} };

/** A session without media, for tests of time limits with a manual clock. */
class FakeSession implements MediaSession {
  readonly candidates: RemoteCandidate[] = [];
  readonly ends: EndReason[] = [];
  readonly listeners: MediaSessionListeners;
  hangs = false;

  constructor(listeners: MediaSessionListeners) {
    this.listeners = listeners;
  }

  async answer(): Promise<string> {
    return "v=0\r\n";
  }

  async call(): Promise<string> {
    return this.answer();
  }

  async accept(): Promise<RemoteCandidate[]> {
    return [{ candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 }];
  }

  send(): void {}

  sendRtcp(): void {}

  async renegotiate(): Promise<string> {
    return this.answer();
  }

  #hasOfferedRestart = false;

  async offerRestart(): Promise<string> {
    this.#hasOfferedRestart = true;
    return "restart";
  }

  async acceptRestart(): Promise<RemoteCandidate[]> {
    if (!this.#hasOfferedRestart) throw new GatewayError("NOT_ANSWERED");
    return [{ candidate: "candidate:2", sdpMid: "0", sdpMLineIndex: 0 }];
  }

  addRemoteCandidate(candidate: RemoteCandidate): void {
    this.candidates.push(candidate);
  }

  requestKeyframe(): void {}

  redirect(): void {}

  redirectAtKeyframe(): void {}

  isHeld = false;

  surplus(): [] {
    return [];
  }

  mediaFlowing(): boolean {
    return false;
  }

  tracks() {
    return [];
  }

  async end(reason: EndReason): Promise<void> {
    this.ends.push(reason);
    if (this.hangs) await new Promise(() => {});
    this.listeners.onEnded(reason, Date.now());
  }
}

let clock: ManualClock;
let session: FakeSession;
let sent: string[];
let connection: MediaConnection;
let connect: (offerSdp: string | undefined) => MediaConnection;

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  const createSession = (listeners: MediaSessionListeners) => {
    session = new FakeSession(listeners);
    return session;
  };
  const remote = {
    offer: () => sent.push("offer"),
    answer: () => sent.push("answer"),
    candidate: () => sent.push("candidate"),
    forceClose: () => sent.push("force close"),
  };
  connect = (offerSdp) =>
    new MediaConnection(
      { remoteId: "alice", connectionId: "mc_1", offerSdp, metadata: undefined },
      remote,
      { createSession, describeOffer },
      clock,
      pino({ level: "silent" }),
      () => sent.push("ended"),
      () => expect.fail("no additional tracks"),
    );
  connection = connect(OFFER);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("an offer that nobody answers expires, and the caller gets an error", async () => {
  clock.advance(OFFER_LIFE_MS);
  await turn();
  expect(connection.ended?.reason).toBe("offer_expired");
  expect(sent).toEqual(["force close", "ended"]);
});

test("an answered call does not expire, but must connect", async () => {
  await connection.answer(OPTIONS);
  clock.advance(CONNECT_LIMIT_MS - 1);
  await turn();
  expect(connection.ended).toBeNull();
  clock.advance(1);
  await turn();
  expect(connection.ended?.reason).toBe("ice_failed");
  expect(sent).toEqual(["answer", "force close", "ended"]);
});

test("a call that is connected has no limit", async () => {
  await connection.answer(OPTIONS);
  session.listeners.onReady();
  expect(connection.isOpen).toBe(true);
  clock.advance(100 * CONNECT_LIMIT_MS);
  await turn();
  expect(connection.ended).toBeNull();
});

test("an ended call that is kept does not keep its media in memory", async () => {
  setFlagsFromString("--expose_gc");
  const collect = runInNewContext("gc") as () => void;
  const kept: MediaConnection[] = [];
  const sessions: WeakRef<FakeSession>[] = [];
  for (let count = 0; count < 20; count += 1) {
    kept.push(connect(OFFER));
    sessions.push(new WeakRef(session));
  }
  for (const one of kept) {
    await one.answer(OPTIONS);
    await one.release();
  }
  connect(OFFER); // this test holds the newest one
  await turn();
  collect();
  expect(sessions.filter((one) => one.deref()).length).toBe(0);
  expect(kept.every(({ ended }) => ended?.reason === "deleted")).toBe(true);
});

test("waiting for the end of a session stops after a time limit", async () => {
  await connection.answer(OPTIONS);
  session.hangs = true;
  const ended = connection.release();
  await turn();
  expect(connection.ended).toBeNull();
  clock.advance(10_000);
  await ended;
  expect(connection.ended?.reason).toBe("deleted");
});

test("a call that ends with held media waits a minute longer, for the receiver of the media", async () => {
  await connection.answer(OPTIONS);
  session.hangs = true;
  session.isHeld = true;
  const ended = connection.end("force_close");
  await turn();
  clock.advance(60_000);
  await turn();
  expect(connection.ended).toBeNull();
  connection.redirect({});
  clock.advance(10_000);
  await ended;
  expect(connection.ended?.reason).toBe("force_close");
});

test("a call ends even if its session fails to end", async () => {
  await connection.answer(OPTIONS);
  session.end = async () => {
    throw new Error("no");
  };
  await connection.release();
  expect(connection.ended?.reason).toBe("deleted");
});

test("a call ends once, for the first reason", async () => {
  await connection.answer(OPTIONS);
  await Promise.all([connection.end("force_close"), connection.end("peer_deleted"), connection.release()]);
  session.listeners.onEnded("dtls_closed", Date.now());
  expect(connection.ended?.reason).toBe("force_close");
  expect(sent).toEqual(["answer", "ended"]);
});

test("the number of candidates of a ringing call is limited", () => {
  for (let n = 0; n < 1_000; n++) connection.addCandidate({ candidate: `${n}`, sdpMid: "0", sdpMLineIndex: 0 });
  expect(session.candidates).toHaveLength(100);
});

test("a stalled call gets an offer to restart ICE, and does not end because the caller is not on signalling", async () => {
  session.listeners.onStalled();
  expect(sent).toEqual([]);
  await connection.answer(OPTIONS);
  session.listeners.onReady();
  session.listeners.onStalled();
  session.listeners.onStalled();
  await turn();
  connection.fail("peer_unavailable");
  await connection.accepted("v=0");
  expect(sent).toEqual(["answer", "offer", "candidate"]);
  expect(connection.ended).toBeNull();
});

describe("an outgoing call", () => {
  test("sends our candidates once the peer has answered, and must connect then", async () => {
    const dialled = connect(undefined);
    await dialled.dial(OPTIONS);
    expect(sent).toEqual(["offer"]);
    await dialled.accepted("v=0");
    expect(sent).toEqual(["offer", "candidate"]);
    clock.advance(CONNECT_LIMIT_MS);
    await turn();
    expect(dialled.ended?.reason).toBe("ice_failed");
  });

  test("that nobody answers ends in an error", async () => {
    await connection.release();
    sent.length = 0;
    const dialled = connect(undefined);
    await dialled.dial(OPTIONS);
    clock.advance(RING_LIMIT_MS);
    await turn();
    expect(dialled.ended?.reason).toBe("no_answer");
    expect(sent).toEqual(["offer", "force close", "ended"]);
  });

  test("cannot be answered through the API, and accepts one answer of the peer", async () => {
    const dialled = connect(undefined);
    await dialled.dial(OPTIONS);
    await expect(dialled.answer(OPTIONS)).rejects.toThrow("The call was answered already");
    await dialled.accepted("v=0");
    await dialled.accepted("v=0");
    expect(sent).toEqual(["offer", "candidate"]);
  });
});

describe("a caller that closes its transport", () => {
  const close = async (unixMs = 1_000) => {
    await connection.answer(OPTIONS);
    session.listeners.onReady();
    session.listeners.onEnded("dtls_closed", unixMs);
  };

  test("and announces the end on signalling a moment later has hung up, at the time when it closed", async () => {
    await close();
    expect([connection.ended, connection.isOpen]).toEqual([null, false]);
    clock.advance(HANG_UP_MESSAGE_LIMIT_MS - 1);
    await connection.end("force_close");
    expect(connection.ended).toEqual({ reason: "force_close", unixMs: 1_000 });
    expect(sent).toEqual(["answer", "ended"]);
  });

  test("and leaves signalling a moment later has left, without a wait for its media to stop", async () => {
    await close();
    connection.remoteLeft();
    expect(connection.ended).toEqual({ reason: "leave", unixMs: 1_000 });
  });

  test("right after it has left signalling has left", async () => {
    await connection.answer(OPTIONS);
    session.listeners.onReady();
    session.mediaFlowing = () => true;
    connection.remoteLeft();
    clock.advance(LEAVE_WATCH_MS - 1);
    session.listeners.onEnded("dtls_closed", 1_000);
    expect(connection.ended?.reason).toBe("leave");
  });

  test("and announces nothing has only closed its transport; a peer that left long ago had lost signalling", async () => {
    await connection.answer(OPTIONS);
    session.listeners.onReady();
    session.mediaFlowing = () => true;
    connection.remoteLeft();
    clock.advance(LEAVE_WATCH_MS);
    session.listeners.onEnded("dtls_closed", 1_000);
    clock.advance(HANG_UP_MESSAGE_LIMIT_MS - 1);
    expect(connection.ended).toBeNull();
    clock.advance(1);
    expect(connection.ended).toEqual({ reason: "dtls_closed", unixMs: 1_000 });
  });

  test.each(["deleted", "peer_deleted", "shutdown"] as const)("had closed it before %s", async (reason) => {
    await close();
    await connection.end(reason);
    expect(connection.ended).toEqual({ reason: "dtls_closed", unixMs: 1_000 });
  });

  test("accepts no request that could not be kept", async () => {
    await close();
    expect(() => connection.redirect({})).toThrow("The call has ended");
    expect(() => connection.requestKeyframe({ host: "127.0.0.1", port: 1 })).toThrow("The call has ended");
    await expect(connection.redirectAtKeyframe({}, () => 1)).rejects.toThrow("The call has ended");
    await expect(connection.answer(OPTIONS)).rejects.toThrow("The call has ended");
    await connection.renegotiate(OFFER);
    await connection.accepted("v=0");
    connection.addCandidate({ candidate: "x", sdpMid: "0", sdpMLineIndex: 0 });
    session.listeners.onStalled();
    await turn();
    expect(sent).toEqual(["answer"]);
  });
});
