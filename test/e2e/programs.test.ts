import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
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
import { waitFor } from "../bundle/waitFor.ts";
import { type PageServer, servePages } from "../pages/pageServer.ts";

/** Programs written for the SkyWay WebRTC Gateway, with a gateway and a signalling server of this test's own. */

const PATIENCE_MS = 20_000;
const SIZE = { width: 320, height: 240 };
const COLOURS = { red: [255, 0, 0], blue: [0, 0, 255] } as const;
const ENCODERS = {
  VP8: "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 300k",
  H264: "-c:v libx264 -preset ultrafast -tune zerolatency -profile:v baseline -pix_fmt yuv420p",
};

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
    page = await openCallerPage(browser, pages.origin);
    await page.open({ host: "127.0.0.1", port: Number(new URL(gateway.signalingOrigin).port), key: KEY }, "page");
  });
  afterEach(async () => {
    await page.tab.close();
    await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`);
  });

  test("that calls shows and plays what a program answers with", async () => {
    await page.capture();
    await using program = await Program.open("red", "VP8");
    const called = page.call(peer.id);
    const connection = await nextCall(gateway, peer);
    const { status, body } = await gateway.post(`${connection}/answer`, {
      constraints: { ...program.constraints, videoReceiveEnabled: true, audioReceiveEnabled: true },
      redirect_params: program.redirectParams,
    });
    expect(status, JSON.stringify(body)).toBe(202);
    expect(body.params).toEqual({ video_id: program.video.media_id, audio_id: program.audio.media_id });
    await called;

    await expectShown(name, page, "red");
    // RTCP that only the encoder can do something with.
    await waitFor("the browser's wish for a keyframe", PATIENCE_MS, () => program.wishes.packets.some(isReport));
  });

  test("that is called shows and plays what a program calls with, and the program receives the page", async () => {
    await page.capture();
    await using program = await Program.open("blue", "VP8");
    const connection = await dial(program, {
      videoReceiveEnabled: true,
      audioReceiveEnabled: true,
      metadata: { from: "a program" },
    });

    await expectShown(name, page, "blue");
    await waitFor("what the page sends", PATIENCE_MS, () => program.received.packets.length > 20);
    const payloadTypes = new Set(program.received.packets.map((packet) => (packet[1] ?? 0) & 0x7f));
    expect([...payloadTypes]).toEqual([100]);
    expect((await gateway.request("DELETE", connection)).status).toBe(204);
    await waitFor("the page hears of the end", PATIENCE_MS, async () => !(await page.isOpen()));
    // Its ports went with it.
    expect((await gateway.request("DELETE", `/media/${program.video.media_id}`)).status).toBe(404);
  });

  test.runIf(name === "chromium")("decodes H264 and G711", async () => {
    await using program = await Program.open("red", "H264", "G711");
    await dial(program, { videoReceiveEnabled: false, audioReceiveEnabled: false });
    await expectShown(name, page, "red");
  });
});

/** Calls the page; resolves with the connection's path once it is ready. */
async function dial(program: Program, more: object): Promise<string> {
  const { status, body } = await gateway.post("/media/connections", {
    peer_id: peer.id,
    token: peer.token,
    target_id: "page",
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

/** RFC 3550, section 12.1: what compounds begin with. */
const RECEIVER_REPORT = 201;
const isReport = (packet: Buffer) => packet[1] === RECEIVER_REPORT;

/** ffmpeg, that sends a picture of one colour and a tone into ports of the gateway. */
class Program implements AsyncDisposable {
  readonly wishes: UdpReceiver;
  readonly received: UdpReceiver;
  readonly #process: ChildProcess;
  readonly #codecs: { video: string; audio: string };
  readonly video: { media_id: string; rtcp_id: string };
  readonly audio: { media_id: string; rtcp_id: string };

  private constructor(
    process: ChildProcess,
    codecs: { video: string; audio: string },
    receivers: readonly [UdpReceiver, UdpReceiver],
    video: { media_id: string; rtcp_id: string },
    audio: { media_id: string; rtcp_id: string },
  ) {
    this.#process = process;
    this.#codecs = codecs;
    [this.wishes, this.received] = receivers;
    this.video = video;
    this.audio = audio;
  }

  static async open(colour: string, video: keyof typeof ENCODERS, audio: "OPUS" | "G711" = "OPUS"): Promise<Program> {
    const ports = {
      video: { ...(await post("/media", { is_video: true })), rtcp: await post("/media/rtcp") },
      audio: { ...(await post("/media", { is_video: false })), rtcp: await post("/media/rtcp") },
    };
    const to = ({ ip_v4, port, rtcp }: typeof ports.video) =>
      `-f rtp rtp://${ip_v4}:${port}?rtcpport=${rtcp.port}&pkt_size=1200`;
    const sound = audio === "OPUS" ? "-c:a libopus -ac 2" : "-c:a pcm_mulaw -ar 8000 -ac 1";
    const command = [
      "-hide_banner -loglevel error -re",
      `-f lavfi -i color=${colour}:size=${SIZE.width}x${SIZE.height}:rate=15`,
      "-re -f lavfi -i sine=frequency=440:sample_rate=48000,volume=4",
      `-map 0:v ${ENCODERS[video]} -g 15 -payload_type 120 ${to(ports.video)}`,
      `-map 1:a ${sound} ${to(ports.audio)}`,
    ];
    const process = spawn("ffmpeg", command.join(" ").split(" "), { stdio: ["ignore", "ignore", "inherit"] });
    const ids = ({ media_id, rtcp }: typeof ports.video) => ({ media_id, rtcp_id: rtcp.rtcp_id });
    const receivers = [await UdpReceiver.open(), await UdpReceiver.open()] as const;
    return new Program(process, { video, audio }, receivers, ids(ports.video), ids(ports.audio));
  }

  get constraints() {
    const { video, audio } = this.#codecs;
    return {
      video: true,
      audio: true,
      video_params: { band_width: 1500, codec: video, ...this.video, payload_type: 100, sampling_rate: 90_000 },
      audio_params: { band_width: 0, codec: audio, ...this.audio, sampling_rate: audio === "OPUS" ? 48_000 : 8_000 },
    };
  }

  get redirectParams() {
    return { video: this.received.address, video_rtcp: this.wishes.address };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    await this.wishes[Symbol.asyncDispose]();
    await this.received[Symbol.asyncDispose]();
  }
}

async function post(path: string, body?: unknown) {
  const created = await gateway.post(path, body);
  expect(created.status).toBe(201);
  return created.body;
}
