import { request as httpRequest } from "node:http";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";

/** Programs for the official gateway, reproduced by the form and order of their requests. */

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await TestGateway.open();
});

afterEach(() => gateway[Symbol.asyncDispose]());

/** Like Ruby's Net::HTTP: one connection per request, and a content type that is not JSON. */
function rubyRequest(method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      "accept-encoding": "gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
      accept: "*/*",
      "user-agent": "Ruby",
      ...(text !== undefined && {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": Buffer.byteLength(text),
      }),
    };
    const request = httpRequest(gateway.origin + path, { method, headers, agent: false }, (response) => {
      let received = "";
      response.on("data", (chunk) => (received += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(received || "null") }));
    });
    request.on("error", reject);
    request.end(text);
  });
}

/** `wait_thread_for` of the article: polls until it sees its event, and ignores all others. */
async function waitThreadFor(path: string, event: string): Promise<Record<string, never>> {
  for (;;) {
    const { status, json } = await rubyRequest("GET", path);
    if (status === 200 && (json as { event: string }).event === event) return json as Record<string, never>;
    expect([200, 408]).toContain(status);
  }
}

async function createPeer(): Promise<string> {
  const { status, json } = await rubyRequest("POST", "/peers", {
    key: KEY,
    domain: "localhost",
    turn: true,
    peer_id: "TestRecorder",
  });
  expect(status).toBe(201);
  return (json as { params: { token: string } }).params.token;
}

function receive(video: UdpReceiver, audio: UdpReceiver) {
  return {
    constraints: { video: false, audio: false, videoReceiveEnabled: true, audioReceiveEnabled: true },
    redirect_params: { video: video.address, audio: audio.address },
  };
}

test("the article's main.rb waits for CALL, answers, waits for READY and STREAM, and receives packets", async () => {
  await using video = await UdpReceiver.open();
  await using audio = await UdpReceiver.open();
  const token = await createPeer();
  const called = waitThreadFor(`/peers/TestRecorder/events?token=${token}`, "CALL");
  using caller = await Caller.open(gateway);
  caller.call("TestRecorder");
  caller.sendMedia();
  const { media_connection_id } = (await called)["call_params"] as unknown as { media_connection_id: string };
  const connection = `/media/connections/${media_connection_id}`;

  expect((await rubyRequest("POST", `${connection}/answer`, receive(video, audio))).status).toBe(202);
  await waitThreadFor(`${connection}/events`, "READY");
  await waitThreadFor(`${connection}/events`, "STREAM");

  await waitFor("packets of audio and video", () => video.packets.length > 10 && audio.packets.length > 10);
});

test.each([0, 100, 400])(
  "the recorder's three threads (OPEN, CONNECTION, CALL), %i ms apart, find OPEN and CALL",
  async (apartMs) => {
    const token = await createPeer();
    const path = `/peers/TestRecorder/events?token=${token}`;
    const threads: Promise<unknown>[] = [];
    // In this order, the thread that is not joined receives OPEN first.
    for (const event of ["CONNECTION", "CALL", "OPEN"]) {
      const thread = waitThreadFor(path, event);
      thread.catch(() => {});
      threads.push(thread);
      await new Promise((resolve) => setTimeout(resolve, apartMs));
    }
    await threads[2];
    using caller = await Caller.open(gateway, "alice", ["audio"]);
    caller.call("TestRecorder");
    await threads[1];
  },
);

test("the hands-on's two threads (CALL, CONNECTION) both receive each of two calls", async () => {
  const token = await createPeer();
  const path = `/peers/TestRecorder/events?token=${token}`;
  await waitThreadFor(path, "OPEN");
  const data = waitThreadFor(path, "CONNECTION");
  data.catch(() => {});
  for (const name of ["alice", "bob"]) {
    const called = waitThreadFor(path, "CALL");
    using caller = await Caller.open(gateway, name, ["audio"]);
    caller.call("TestRecorder");
    const { media_connection_id } = (await called)["call_params"] as unknown as { media_connection_id: string };
    const { json } = await rubyRequest("GET", `/media/connections/${media_connection_id}/status`);
    expect(json).toMatchObject({ remote_id: name });
  }
});

test("a program with a single poller receives every event of a call once, in order", async () => {
  const token = await createPeer();
  await waitThreadFor(`/peers/TestRecorder/events?token=${token}`, "OPEN");
  using caller = await Caller.open(gateway);
  caller.call("TestRecorder");
  const called = await waitThreadFor(`/peers/TestRecorder/events?token=${token}`, "CALL");
  const { media_connection_id } = called["call_params"] as unknown as { media_connection_id: string };
  const connection = `/media/connections/${media_connection_id}`;
  await using video = await UdpReceiver.open();
  await using audio = await UdpReceiver.open();
  await rubyRequest("POST", `${connection}/answer`, receive(video, audio));
  caller.sendMedia();

  const seen: string[] = [];
  for (let status = 200; status !== 404; ) {
    const polled = await rubyRequest("GET", `${connection}/events`);
    status = polled.status;
    if (status === 200) seen.push((polled.json as { event: string }).event);
    if (seen.at(-1) === "STREAM" && seen.length === 3) caller.forceClose("TestRecorder");
  }
  expect(seen).toEqual(["READY", "STREAM", "STREAM", "CLOSE"]);
});
