import { ManualClock } from "@skyway-call-recorder/process/testing/manualClock.ts";
import { describe, expect, test } from "vitest";
import { PeerId, Token } from "./ids.ts";
import type { PeerMessage } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { Tenant } from "./tenant.ts";
import { Client } from "./testing/client.ts";
import { PeerJsClient } from "./testing/peerJsClient.ts";
import { RecordingLink } from "./testing/recordingLink.ts";
import { openSignaling } from "./testing/signaling.ts";
import { PEERJS_REFUSAL_REPEATS_MS, REFUSAL_REPEATS_MS, WAITING_LIMIT_MS } from "./times.ts";

const SDP = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n";
const REJECTED = /^m=audio 0 UDP\/TLS\/RTP\/SAVPF 111\r$/m;
const RECORDER = PeerId.parse("TestRecorder");

const about = (connectionId: string) => ({ dst: RECORDER, connectionId, connectionType: "media" as const });
const offer = (connectionId = "mc_1"): PeerMessage => ({
  event: "OFFER",
  body: { ...about(connectionId), offer: { type: "offer", sdp: SDP } },
});
const answer = (dst: string, connectionId = "mc_1"): PeerMessage => ({
  event: "ANSWER",
  body: { ...about(connectionId), dst: PeerId.parse(dst), answer: { type: "answer", sdp: "v=0\r\n" } },
});
const forceClose = (dst: string, connectionId = "mc_1"): PeerMessage => ({
  event: "FORCE_CLOSE",
  body: { dst: PeerId.parse(dst), connectionId },
});

function open() {
  const clock = new ManualClock();
  const tenant = new Tenant(clock);
  const join = (id: string, options: ConstructorParameters<typeof RecordingLink>[0] = {}) => {
    const link = new RecordingLink(options);
    return { link, peer: tenant.join(PeerId.parse(id), Token.parse(`${id}-token`), link) as Peer };
  };
  return {
    clock,
    tenant,
    recorder: join(RECORDER),
    page: join("page", { refusal: { repeatsAfterMs: [20, 100] } }),
    join,
  };
}

describe("a page whose offer", () => {
  test("is refused gets an answer that rejects all media, and the hang-up several times", () => {
    const { clock, tenant, recorder, page } = open();
    tenant.pass(page.peer, offer());

    tenant.pass(recorder.peer, forceClose("page"));

    expect(page.link.events).toEqual(["OPEN", "ANSWER", "FORCE_CLOSE"]);
    const body = { src: RECORDER, dst: "page", connectionId: "mc_1" };
    expect(page.link.heard[1]?.body).toMatchObject({
      ...body,
      answer: { type: "answer", sdp: expect.stringMatching(REJECTED) },
    });
    expect(page.link.heard[2]?.body).toEqual(body);
    clock.advance(1_000);
    expect(page.link.events).toEqual(["OPEN", "ANSWER", "FORCE_CLOSE", "FORCE_CLOSE", "FORCE_CLOSE"]);
  });

  test("was answered gets the hang-up alone, also after a renegotiation", () => {
    const { clock, tenant, recorder, page } = open();
    tenant.pass(page.peer, offer());
    tenant.pass(recorder.peer, answer("page"));
    tenant.pass(page.peer, offer());

    tenant.pass(recorder.peer, forceClose("page"));

    clock.advance(1_000);
    expect(page.link.events).toEqual(["OPEN", "ANSWER", "FORCE_CLOSE"]);
  });

  test("is unanswered when the other peer leaves is refused too; answered ones only end", () => {
    const { tenant, recorder, page } = open();
    for (const id of ["mc_1", "mc_2"]) tenant.pass(page.peer, offer(id));
    tenant.pass(recorder.peer, answer("page", "mc_1"));

    tenant.depart(recorder.peer, recorder.link, "left");

    expect(page.link.events).toEqual(["OPEN", "ANSWER", "ANSWER", "LEAVE"]);
    expect(page.link.heard[2]?.body).toMatchObject({ connectionId: "mc_2" });
  });

  test("finds nobody hears an error and is refused", () => {
    const { clock, tenant, recorder, page } = open();
    tenant.depart(recorder.peer, recorder.link, "left");
    tenant.pass(page.peer, offer());

    clock.advance(WAITING_LIMIT_MS);

    expect(page.link.events).toEqual(["OPEN", "ERROR", "ANSWER", "FORCE_CLOSE"]);
    clock.advance(100);
    expect(page.link.events).toEqual(["OPEN", "ERROR", "ANSWER", ...Array(3).fill("FORCE_CLOSE")]);
  });

  test("is refused while its socket is broken hears it when it is back", () => {
    const { clock, tenant, recorder, page, join } = open();
    tenant.pass(page.peer, offer());
    tenant.depart(page.peer, page.link, "lost");

    tenant.pass(recorder.peer, forceClose("page"));

    const back = join("page", { refusal: { repeatsAfterMs: [20] } });
    clock.advance(20);
    expect(back.link.events).toEqual(["OPEN", "ANSWER", "FORCE_CLOSE", "FORCE_CLOSE"]);
  });

  test("was withdrawn gets nothing", () => {
    const { tenant, recorder, page } = open();
    tenant.pass(page.peer, offer());
    tenant.pass(page.peer, forceClose(RECORDER));

    tenant.pass(recorder.peer, forceClose("page"));

    expect(page.link.events).toEqual(["OPEN", "FORCE_CLOSE"]);
  });
});

test("a client that hears hang-ups before the answer, such as a gateway, gets the hang-up alone", () => {
  const { tenant, recorder, join } = open();
  const gateway = join("gateway", { wantsEarlyLeave: true });
  tenant.pass(gateway.peer, offer());
  tenant.pass(recorder.peer, forceClose("gateway"));
  expect(gateway.link.events).toEqual(["OPEN", "FORCE_CLOSE"]);
});

describe("over the real protocols", () => {
  test("skyway-js hears the rejection, and the hang-up until it can react", async () => {
    await using signaling = await openSignaling();
    using page = await Client.open(signaling, { peerId: "page" });
    using recorder = await Client.open(signaling, { peerId: RECORDER, platform: "webrtc-gateway" });
    page.offer(RECORDER, "mc_1", { offer: { type: "offer", sdp: SDP } });
    await recorder.hears("OFFER");
    recorder.forceClose("page");

    expect((await page.hears("ANSWER")).answer.sdp).toMatch(REJECTED);
    await page.hears("FORCE_CLOSE");
    signaling.clock.advance(Math.max(...REFUSAL_REPEATS_MS));
    await page.hears("FORCE_CLOSE", 1 + REFUSAL_REPEATS_MS.length);
  });

  test("PeerJS hears the rejection", async () => {
    await using signaling = await openSignaling();
    using page = await PeerJsClient.open(signaling, { id: "page" });
    using recorder = await Client.open(signaling, { peerId: RECORDER, platform: "webrtc-gateway" });
    page.offer(RECORDER, { sdp: { type: "offer", sdp: SDP } });
    await recorder.hears("OFFER");
    recorder.forceClose("page");

    expect((await page.hears("ANSWER")).payload).toMatchObject({
      connectionId: "mc_1",
      sdp: { type: "answer", sdp: expect.stringMatching(REJECTED) },
    });
    // In Firefox, the rejection does not end the data channel; LEAVE ends all connections with the peer.
    expect(page.types).not.toContain("LEAVE");
    signaling.clock.advance(Math.max(...PEERJS_REFUSAL_REPEATS_MS));
    expect(await page.hears("LEAVE")).toMatchObject({ src: RECORDER });
  });

  test.each([
    ["the page's own", (page: PeerJsClient) => page.offer(RECORDER, { connectionId: "mc_2" })],
    ["the other peer's", (_: PeerJsClient, recorder: Client) => recorder.offer("page", "mc_3")],
  ])("PeerJS hears no LEAVE while another connection with the same peer exists: %s", async (_, connect) => {
    await using signaling = await openSignaling();
    using page = await PeerJsClient.open(signaling, { id: "page" });
    using recorder = await Client.open(signaling, { peerId: RECORDER, platform: "webrtc-gateway" });
    page.offer(RECORDER, { sdp: { type: "offer", sdp: SDP } });
    connect(page, recorder);
    page.candidate(RECORDER); // arrives after everything before it
    await recorder.hears("CANDIDATE");
    recorder.forceClose("page");
    await page.hears("ANSWER");
    signaling.clock.advance(Math.max(...PEERJS_REFUSAL_REPEATS_MS));
    recorder.candidate("page", 1, "mc_9");
    await page.hears("CANDIDATE");

    expect(page.types).not.toContain("LEAVE");
  });

  const MANY = `v=0\r\n${"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(1_000)}`;
  test.each([
    ["an empty text", ""],
    ["no session description", "hello"],
    ["1,000 m-lines", MANY],
    ["27,000 lines", SDP + "a=z:1\r\n".repeat(27_000)],
  ])("an offer with %s is refused at once", async (_, sdp) => {
    await using signaling = await openSignaling();
    using recorder = await Client.open(signaling, { peerId: RECORDER, platform: "webrtc-gateway" });
    using page = await Client.open(signaling, { peerId: "page" });
    using peerJs = await PeerJsClient.open(signaling, { id: "peerjs" });

    page.offer(RECORDER, "mc_1", { offer: { type: "offer", sdp } });
    peerJs.offer(RECORDER, { sdp: { type: "offer", sdp } });

    expect(await page.hears("ERROR")).toMatchObject({
      type: "invalid-message",
      place: "SEND_OFFER.offer.sdp",
      dst: RECORDER,
      connectionId: "mc_1",
    });
    if (sdp === MANY) {
      expect((await page.hears("ANSWER")).answer.sdp.match(/^m=audio 0 /gm)).toHaveLength(1_000);
      expect((await peerJs.hears("ANSWER")).payload.sdp.sdp.match(/^m=audio 0 /gm)).toHaveLength(1_000);
    }
    const whip = await fetch(`${signaling.origin}/whip/${RECORDER}`, {
      method: "POST",
      headers: { "content-type": "application/sdp", authorization: "Bearer 00000000-0000-4000-8000-000000000000" },
      body: sdp,
    });
    expect(whip.status).toBe(422);
    expect(recorder.events).toEqual(["OPEN"]);
  });

  test("an invalid renegotiation does not end the running call", async () => {
    await using signaling = await openSignaling();
    using recorder = await Client.open(signaling, { peerId: RECORDER, platform: "webrtc-gateway" });
    using page = await Client.open(signaling, { peerId: "page" });
    page.offer(RECORDER, "mc_1", { offer: { type: "offer", sdp: SDP } });
    await recorder.hears("OFFER");
    recorder.answer("page");
    await page.hears("ANSWER");

    page.offer(RECORDER, "mc_1", { offer: { type: "offer", sdp: MANY } });

    await page.hears("ERROR");
    page.candidate("page"); // returns after everything before it was handled
    await page.hears("CANDIDATE");
    expect(page.events).toEqual(["OPEN", "ANSWER", "ERROR", "CANDIDATE"]);
  });
});
