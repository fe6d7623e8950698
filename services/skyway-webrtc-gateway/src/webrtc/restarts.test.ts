import nodeDataChannel from "node-datachannel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import {
  BOTH,
  caller,
  cleanUp,
  cleanUps,
  connect,
  HOST,
  listen,
  recorder,
  startGateway,
} from "../testing/mediaSessions.ts";
import { NetworkPath } from "../testing/networkPath.ts";
import { restartedSdp } from "../testing/restartedSdp.ts";
import { freeUdpPort } from "../testing/udpReceiver.ts";
import { writeCheck } from "./ice/binding.ts";
import { CONSENT_MS } from "./ice/restartedIce.ts";
import { CHROMIUM, CHROMIUM_WITH_DATA, FIREFOX } from "./offers.fixture.ts";

afterEach(cleanUp);

describe("another offer for the same call", () => {
  it("is answered on the same transport, and the call continues", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, answer, events } = await connect(sessions, there);
    const restartedAnswer = await session.renegotiate(peer.offer);
    const transportOf = (sdp: string) => /a=ice-ufrag:.*\r\na=ice-pwd:.*\r\na=fingerprint:.*\r\n/.exec(sdp)?.[0];
    expect(transportOf(restartedAnswer)).toBe(transportOf(answer));
    expect(restartedAnswer).toContain("o=- 1 2 ");
    expect(restartedAnswer.match(/a=recvonly/g)).toHaveLength(2);
    await expect(session.renegotiate("nonsense")).rejects.toMatchObject({ code: "INVALID_OFFER" });

    const camera = new SimulatedSender(VIDEO);
    for (let count = 0; count < 10; count++) {
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    }
    await expect.poll(() => there.video.packets.length).toBe(20);
    expect(events.filter((event) => event === "ready")).toHaveLength(1);
  });

  it("may restart ICE: the transport of another caller replaces the first, in the same recording", async () => {
    const sessions = await startGateway();
    const there = await recorder();
    const { session, peer, events, answer } = await connect(sessions, there);
    const camera = new SimulatedSender(VIDEO);
    for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    await expect.poll(() => there.video.packets.length).toBe(2);

    const moved = await caller();
    const restartedAnswer = await session.renegotiate(moved.offer);
    expect(/a=fingerprint:(.*)/.exec(restartedAnswer)?.[1]).not.toBe(/a=fingerprint:(.*)/.exec(answer)?.[1]);
    moved.connection.setRemoteDescription(restartedAnswer, "answer");
    await expect.poll(() => moved.video.isOpen()).toBe(true);
    for (const packet of camera.frame(33, 2)) moved.video.sendMessageBinary(packet);
    await expect.poll(() => there.video.packets.length).toBe(4);
    expect(events).toEqual(["ready", "stream audio", "stream video"]);
    await session.end("deleted");
    await expect.poll(() => there.videoRtcp.packets.length).toBe(1);
  });

  it.each(["Chromium", "Firefox"])(
    "of %s that restarts ICE keeps DTLS, and the caller may send from another address",
    async (browser) => {
      const { session, peer, answer, events, there, networkPath } = await connectByRoad(browser);
      const camera = new SimulatedSender(VIDEO);
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(2);

      const restartedAnswer = await session.renegotiate(restarted(peer.offer, browser));
      expect(restartedAnswer).toContain("a=ice-lite");
      expect(fingerprintOf(restartedAnswer)).toBe(fingerprintOf(answer));
      expect(setupOf(restartedAnswer)).toBe(setupOf(answer));
      expect(credentialsOf(restartedAnswer).iceUfrag).not.toBe(credentialsOf(answer).iceUfrag);
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(4);

      await networkPath.move(credentialsOf(restartedAnswer));
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(6);
      session.requestKeyframe("video");
      await expect.poll(() => networkPath.network.packets).toBeGreaterThan(0);
      const unexpected = events.filter((event) => event !== "stalled"); // a busy host may be slow to send
      expect(unexpected).toEqual(["ready", "stream audio", "stream video"]);
    },
  );

  it("may restart ICE, however many addresses the caller has used before", async () => {
    const { session, peer, answer, there, port } = await connectByRoad("Firefox");
    const ours = credentialsOf(answer);
    const username = `${ours.iceUfrag}:${credentialsOf(peer.offer).iceUfrag}`;
    const transactionId = Buffer.alloc(12);
    const attributes = { priority: 1, tieBreaker: 1n, role: "controlling" } as const;
    const check = { transactionId, username, password: ours.icePwd, ...attributes };
    const addresses = await Promise.all(Array.from({ length: 30 }, () => listen()));
    for (const { socket } of addresses) socket.send(writeCheck(check), port, HOST);
    await expect.poll(() => addresses.filter(({ packets }) => packets.length > 0).length).toBeGreaterThan(10);

    expect(await session.renegotiate(restarted(peer.offer, "Firefox"))).toContain("a=ice-lite");
    const camera = new SimulatedSender(VIDEO);
    for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
    await expect.poll(() => there.video.packets.length).toBe(2);
  });

  it("opens sockets only until the call ends", async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((one) => one === "UDPWrap").length;
    const { session, peer, networkPath } = await connectByRoad("Firefox");
    const before = sockets();
    const restartedAnswer = await session.renegotiate(restarted(peer.offer, "Firefox"));
    await networkPath.move(credentialsOf(restartedAnswer));
    expect(sockets()).toBeGreaterThan(before);
    await session.end("deleted");
    await expect.poll(() => sockets()).toBe(before);
  });

  it("from a caller that then goes away ends the call after the same time as in the library", async () => {
    const { session, peer, events } = await connectByRoad("Firefox");
    let leapMs = 0;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + leapMs);
    cleanUps.push(() => clock.mockRestore());
    await session.renegotiate(restarted(peer.offer, "Firefox"));
    leapMs = CONSENT_MS - 5_000;
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // it checks every second
    expect(events).not.toContain("ended ice_failed");
    leapMs = CONSENT_MS;
    await expect.poll(() => events).toContain("ended ice_failed");
  });

  it("may restart ICE many times", async () => {
    const { session, peer, there, networkPath } = await connectByRoad("Firefox");
    const camera = new SimulatedSender(VIDEO);
    for (let count = 1; count <= 3; count++) {
      const restartedAnswer = await session.renegotiate(restarted(peer.offer, "Firefox", count));
      await networkPath.move(credentialsOf(restartedAnswer));
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(2 * count);
    }
  });

  it("of Firefox with another certificate is refused, and the call continues on its transport", async () => {
    const sessions = await startGateway();
    const { session, events } = await connect(sessions);
    await expect(session.renegotiate(FIREFOX)).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    expect(events).not.toContainEqual(expect.stringMatching(/^ended/));
  });

  it("for an outgoing call keeps the DTLS role of each side", async () => {
    const sessions = await startGateway();
    const session = sessions.create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onAdditional: vi.fn(),
      onEnded: vi.fn(),
    });
    const peer = new nodeDataChannel.PeerConnection("called", { iceServers: [], bindAddress: HOST });
    cleanUps.push(() => peer.close());
    peer.setRemoteDescription(await session.call({ ...BOTH, redirects: {} }), "offer");
    const answer = await vi.waitFor(() => peer.localDescription()?.sdp ?? expect.fail("no answer"), 30_000);
    await session.accept(answer);
    const theirs = setupOf(answer);
    const restartedAnswer = await session.renegotiate(answer.replaceAll(`a=setup:${theirs}`, "a=setup:actpass"));
    expect([theirs, setupOf(restartedAnswer)].sort()).toEqual(["active", "passive"]);
  });

  it("for a call that was not answered is refused", async () => {
    const session = (await startGateway()).create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onAdditional: vi.fn(),
      onEnded: vi.fn(),
    });
    await expect(session.renegotiate(CHROMIUM)).rejects.toMatchObject({ code: "NOT_ANSWERED" });
  });
});

describe("a caller that has moved", () => {
  it.each(["Chromium", "Firefox"])(
    "with %s gets an offer to restart ICE when packets stop, and continues in the same recording",
    async (browser) => {
      const { session, peer, events, there, networkPath, answer } = await connectByRoad(browser);
      const camera = new SimulatedSender(VIDEO);
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(2);
      await expect.poll(() => events).toContain("stalled");

      const offer = await session.offerRestart();
      expect(offer).toContain("a=setup:actpass");
      expect(offer).toContain("a=ice-lite");
      expect(offer).not.toMatch(/a=(candidate|end-of-candidates)/);
      expect(offer.match(/a=recvonly/g)).toHaveLength(2);
      expect(fingerprintOf(offer)).toBe(fingerprintOf(answer));
      const candidates = await session.acceptRestart(restarted(peer.offer, browser));
      expect(candidates.map(({ candidate }) => candidate)).toEqual([expect.stringContaining(`${HOST} `)]);
      await networkPath.move(credentialsOf(offer));
      for (const packet of camera.frame(33, 2)) peer.video.sendMessageBinary(packet);
      await expect.poll(() => there.video.packets.length).toBe(4);
      expect(events).toEqual(["ready", "stream audio", "stream video", "stalled"]);
      await session.end("deleted");
      await expect.poll(() => there.videoRtcp.packets.length).toBe(1);
    },
  );

  it("and answers with another certificate is refused", async () => {
    const { session } = await connectByRoad("Chromium");
    await session.offerRestart();
    const other = await caller();
    await expect(session.acceptRestart(other.offer)).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
  });

  it("gets no offer if it has data channels, or if its call was not answered", async () => {
    const sessions = await startGateway();
    const session = sessions.create({
      onReady: vi.fn(),
      onStream: vi.fn(),
      onStalled: vi.fn(),
      onAdditional: vi.fn(),
      onEnded: vi.fn(),
    });
    await expect(session.offerRestart()).rejects.toThrow("has not been answered");
    await session.answer(CHROMIUM_WITH_DATA, { ...BOTH, redirects: {} });
    await expect(session.offerRestart()).rejects.toThrow(/no restart with this caller/);
  });
});

/** A call through a `NetworkPath`, with the descriptions of a browser. */
async function connectByRoad(browser: string) {
  const port = await freeUdpPort();
  const [sessions, there, networkPath] = await Promise.all([startGateway(port), recorder(), NetworkPath.open(port)]);
  cleanUps.push(() => networkPath.close());
  const call = await connect(sessions, {
    ...there,
    offer: (sdp) => of(browser, sdp),
    answer: (sdp) => sdp.replaceAll(` ${HOST} ${port} `, ` ${HOST} ${networkPath.port} `),
  });
  return { ...call, there, networkPath, port };
}

/** Firefox is detected by the origin of its descriptions. */
function of(browser: string, sdp: string): string {
  return browser === "Firefox" ? sdp.replace(/^o=\S+/m, "o=mozilla...THIS_IS_SDPARTA-140.0") : sdp;
}

/** The offer or answer of a browser that restarts ICE. */
function restarted(sdp: string, browser: string, count = 1): string {
  return restartedSdp(of(browser, sdp), count);
}

function credentialsOf(sdp: string) {
  return { iceUfrag: attributeOf(sdp, "ice-ufrag"), icePwd: attributeOf(sdp, "ice-pwd") };
}

const fingerprintOf = (sdp: string) => attributeOf(sdp, "fingerprint");
const setupOf = (sdp: string) => attributeOf(sdp, "setup");

function attributeOf(sdp: string, name: string): string {
  return new RegExp(`^a=${name}:(.*?)\r?$`, "m").exec(sdp)?.[1] ?? expect.fail(`no ${name}`);
}
