import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defaultRouteAddress } from "../../services/skyway-webrtc-gateway/src/defaultRoute.ts";
import { KEY, TestGateway } from "../../services/skyway-webrtc-gateway/src/testing/gateway.ts";
import {
  nextCall,
  openPeer,
  type RecorderPeer,
} from "../../services/skyway-webrtc-gateway/src/testing/recorderPeer.ts";
import { UdpReceiver } from "../../services/skyway-webrtc-gateway/src/testing/udpReceiver.ts";
import type { Browser, BrowserName } from "../browsers/browser.ts";
import { type CallerPage, openCallerPage } from "../browsers/callerPage.ts";
import { launch } from "../browsers/launch.ts";
import { recordMeasurements } from "../bundle/measurements.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { openRelay, type Relay } from "../fidelity/relay.ts";
import { type PageServer, servePages } from "../pages/pageServer.ts";
import { FRAMES_PER_SECOND, Program, SIZE } from "../programs/program.ts";

/** Programs written for the SkyWay WebRTC Gateway, with this test's own gateway and signalling server. */

const PATIENCE_MS = 20_000;
const COLOURS = { red: [255, 0, 0], blue: [0, 0, 255] } as const;
const LOSSY = { loss: 0.1, delayMs: 15 };
const SEED = 6;
const WATCHED_SECONDS = 6;
/** Without retransmission it is 0.28 at 10 % loss and one keyframe per second. */
const FRAMES_SHOWN = 0.85;

let gateway: TestGateway;
let pages: PageServer;
let peer: RecorderPeer;

beforeAll(async () => {
  pages = await servePages();
  gateway = await TestGateway.open({ mediaAddress: defaultRouteAddress() });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await pages?.close();
});

describe.each<BrowserName>(["chromium", "firefox"])("a page in %s", (name) => {
  let browser: Browser;
  let page: CallerPage;
  beforeAll(async () => {
    browser = await launch[name]();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    peer = await openPeer(gateway);
    page = await openPage(browser, gateway, "page");
  });
  afterEach(async () => {
    await page.tab.close();
    await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`);
  });

  test("that calls a program plays the media of its answer", async () => {
    await page.capture();
    await using program = await Program.open(gateway, "red", "VP8");
    const called = page.call(peer.id);
    const { params } = await answer(gateway, await nextCall(gateway, peer), program);
    expect(params).toEqual({ video_id: program.video.media_id, audio_id: program.audio.media_id });
    await called;

    await expectShown(name, page, "red");
    // RTCP that only the encoder can handle.
    await waitFor("the browser's keyframe request", PATIENCE_MS, () => program.feedback.packets.some(isReport));
  });

  test("that a program calls plays the program's media, and the program receives the page's media", async () => {
    await page.capture();
    await using program = await Program.open(gateway, "blue", "VP8");
    const connection = await dial(program, {
      videoReceiveEnabled: true,
      audioReceiveEnabled: true,
      metadata: { from: "a program" },
    });

    await expectShown(name, page, "blue");
    await waitFor("packets from the page", PATIENCE_MS, () => program.received.packets.length > 20);
    const payloadTypes = new Set(program.received.packets.map((packet) => (packet[1] ?? 0) & 0x7f));
    expect([...payloadTypes]).toEqual([100]);
    expect((await gateway.request("DELETE", connection)).status).toBe(204);
    await waitFor("the page is notified of the end", PATIENCE_MS, async () => !(await page.isOpen()));
    // Its ports are closed too.
    expect((await gateway.request("DELETE", `/media/${program.video.media_id}`)).status).toBe(404);
  });

  test("and a second page play what one program sends to both", async () => {
    const other = await openPage(browser, gateway, "other");
    await using program = await Program.open(gateway, "blue", "VP8");
    const [first, second] = [await dial(program, {}), await dial(program, {}, "other")];
    await Promise.all([expectShown(name, page, "blue"), expectShown(name, other, "blue")]);
    // The port stays open while a connection uses it.
    await gateway.request("DELETE", first);
    expect((await gateway.request("DELETE", `/media/${program.video.media_id}`)).status).toBe(403);
    const shown = async () => (await other.received()).video?.framesDecoded ?? 0;
    const before = await shown();
    await waitFor("the second page continues", PATIENCE_MS, async () => (await shown()) > before + FRAMES_PER_SECOND);
    await gateway.request("DELETE", second);
    expect((await gateway.request("DELETE", `/media/${program.video.media_id}`)).status).toBe(404);
    await other.tab.close();
  });

  test.each([
    ["NONE", [0, 255, 10, 13, 128], Buffer.from([0, 255, 10, 13, 128])],
    ["NONE", "grüß dich", Buffer.from("grüß dich")],
    ["JSON", { call: "4711" }, Buffer.from('{"call":"4711"}')],
  ])("exchanges data with a program by %s: %j", async (serialization, message, datagram) => {
    await using sink = await UdpReceiver.open();
    const source = (await gateway.post("/data")).body;
    const connected = page.connect(peer.id, { serialization: serialization.toLowerCase(), metadata: { from: "page" } });
    const { body } = await gateway.get(peer.events);
    const path = `/data/connections/${body.data_params.data_connection_id}`;
    const attached = { feed_params: { data_id: source.data_id }, redirect_params: sink.address };
    expect((await gateway.request("PUT", path, attached)).status).toBe(200);
    await connected;
    // A browser opens its side without waiting for the other side (RFC 8832, section 6).
    const status = async () => (await gateway.get(`${path}/status`)).body;
    await waitFor("the gateway's side", PATIENCE_MS, async () => (await status()).open);
    expect(await status()).toMatchObject({ open: true, serialization });

    await page.say(message);
    await waitFor("the datagram", PATIENCE_MS, () => sink.packets.length > 0);
    expect(sink.packets).toEqual([datagram]);
    await sink.send(datagram, source.port);
    await waitFor("the message", PATIENCE_MS, async () => (await page.heard()).length > 0);
    // Messages are binary unless they are marked as text.
    expect(await page.heard()).toEqual([serialization === "NONE" ? [...datagram] : message]);

    await gateway.request("DELETE", path);
    await waitFor("the page is notified of the end", PATIENCE_MS, async () => !(await page.isConnected()));
  });

  test("that a program connects to exchanges data with it", async () => {
    await using sink = await UdpReceiver.open();
    const { data_id, port } = (await gateway.post("/data")).body;
    const { status, body } = await gateway.post("/data/connections", {
      peer_id: peer.id,
      token: peer.token,
      target_id: "page",
      params: { data_id },
      options: { serialization: "NONE" },
      redirect_params: sink.address,
    });
    expect(status).toBe(202);
    const path = `/data/connections/${body.params.data_connection_id}`;
    expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "OPEN" });
    await waitFor("the page's side", PATIENCE_MS, () => page.isConnected());
    await sink.send(Buffer.from("ping"), port);
    await waitFor("the message", PATIENCE_MS, async () => (await page.heard()).length > 0);
    expect(await page.heard()).toEqual([[..."ping"].map((letter) => letter.charCodeAt(0))]);
    await page.say("pong");
    await waitFor("the datagram", PATIENCE_MS, () => sink.packets.length > 0);
    expect(sink.packets).toEqual([Buffer.from("pong")]);
  });

  test.runIf(name === "chromium")("decodes H264 and G711", async () => {
    await using program = await Program.open(gateway, "red", "H264", "G711");
    await dial(program, { videoReceiveEnabled: false, audioReceiveEnabled: false });
    await expectShown(name, page, "red");
  });
});

test("packets that are lost between a program and a page are sent again", async () => {
  await using lossy = await TestGateway.open();
  await using relay = await openRelay(lossy.mediaPort, LOSSY, SEED);
  const recorder = await openPeer(lossy);
  const browser = await launch.chromium();
  try {
    const page = await openPage(browser, lossy, "page", relay);
    await using program = await Program.open(lossy, "red", "VP8");
    const called = page.call(recorder.id, { videoReceiveEnabled: true, audioReceiveEnabled: true });
    await answer(lossy, await nextCall(lossy, recorder), program);
    await called;
    await expectShown("chromium", page, "red");

    const [before, lostBefore] = [await page.received(), relay.counts.lost];
    const began = performance.now();
    await page.talk((await page.upFor()) + WATCHED_SECONDS * 1_000);
    const after = await page.received();
    const seconds = (performance.now() - began) / 1_000;
    const shown = (after.video?.framesDecoded ?? 0) - (before.video?.framesDecoded ?? 0);
    const lost = relay.counts.lost - lostBefore;
    const share = shown / (seconds * FRAMES_PER_SECOND);
    const nacks = (after.video?.nacks ?? 0) - (before.video?.nacks ?? 0);
    await recordMeasurements({ test: expect.getState().currentTestName, share, lost, nacks });
    const hint = JSON.stringify({ share, lost, nacks, after });
    expect(lost, hint).toBeGreaterThan(10);
    expect(nacks, hint).toBeGreaterThan(2);
    expect(share, hint).toBeGreaterThan(FRAMES_SHOWN);
  } finally {
    await browser.close();
  }
});

async function openPage(browser: Browser, to: TestGateway, id: string, relay?: Relay): Promise<CallerPage> {
  const page = await openCallerPage(browser, pages.origin);
  if (relay) await page.sendThrough(relay);
  await page.open({ host: "127.0.0.1", port: Number(new URL(to.signalingOrigin).port), key: KEY }, id);
  return page;
}

async function answer(by: TestGateway, connection: string, program: Program) {
  const { status, body } = await by.post(`${connection}/answer`, {
    constraints: { ...program.constraints, videoReceiveEnabled: true, audioReceiveEnabled: true },
    redirect_params: program.redirectParams,
  });
  expect(status, JSON.stringify(body)).toBe(202);
  return body;
}

/** Calls a page. Resolves with the connection's REST path when it is ready. */
async function dial(program: Program, more: object, target = "page"): Promise<string> {
  const { status, body } = await gateway.post("/media/connections", {
    peer_id: peer.id,
    token: peer.token,
    target_id: target,
    constraints: { ...program.constraints, ...more },
    redirect_params: program.redirectParams,
  });
  expect(status, JSON.stringify(body)).toBe(202);
  const connection = `/media/connections/${body.params.media_connection_id}`;
  expect((await gateway.get(`${connection}/events`)).body).toEqual({ event: "READY" });
  return connection;
}

async function expectShown(name: BrowserName, page: CallerPage, colour: keyof typeof COLOURS): Promise<void> {
  await waitFor("decoded frames", PATIENCE_MS, async () => ((await page.received()).video?.framesDecoded ?? 0) > 30);
  const seen = await page.seen();
  expect(seen).toMatchObject(SIZE);
  const off = COLOURS[colour].map((value, index) => Math.abs(value - (seen?.colour[index] ?? 999)));
  expect(Math.max(...off), JSON.stringify(seen)).toBeLessThan(60);
  if (name === "chromium") expect(await page.loudness()).toBeGreaterThan(0.05);
  else expect((await page.received()).audio?.packets).toBeGreaterThan(20);
}

/** Compound packets begin with a report (RFC 3550, section 12.1). */
const RECEIVER_REPORT = 201;
const isReport = (packet: Buffer) => packet[1] === RECEIVER_REPORT;
