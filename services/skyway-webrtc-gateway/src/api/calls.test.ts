import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Caller } from "../testing/caller.ts";
import { TestGateway } from "../testing/gateway.ts";
import { nextCall, openPeer, RECEIVE_ONLY, type RecorderPeer } from "../testing/recorderPeer.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";

/** RFC 3550, section 12.1. */
const RTCP_SR = 200;
const RTCP_BYE = 203;

let gateway: TestGateway;
let peer: RecorderPeer;

beforeEach(async () => {
  gateway = await TestGateway.open();
  peer = await openPeer(gateway);
});

afterEach(() => gateway[Symbol.asyncDispose]());

test("a call is announced, described, answered and received", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  caller.call(peer.id, { call: "42" });
  const connection = await nextCall(gateway, peer);
  expect(connection).toMatch(/^\/media\/connections\/mc-[0-9a-f-]{36}$/);

  expect((await gateway.get(`${connection}/status`)).body).toEqual({
    open: false,
    remote_id: "alice",
    metadata: '{\n    "call": "42"\n}',
  });
  const before = (await gateway.get(`${connection}/tracks`)).body;
  expect(before.ended).toBeNull();
  expect(before.tracks.find(({ kind }: { kind: string }) => kind === "video")).toMatchObject({
    offered: [{ codec: "VP8", payload_type: 96, sampling_rate: 90_000 }],
    negotiated: null,
    clock: null,
    counters: { packets_received: 0, last_packet_unix_ms: null },
  });

  const answered = await gateway.post(`${connection}/answer`, {
    constraints: RECEIVE_ONLY,
    redirect_params: ports.redirectParams,
  });
  expect(answered.status).toBe(202);
  expect(answered.body).toEqual({ command_type: "MEDIA_CONNECTION_ANSWER", params: {} });
  caller.sendMedia();

  const events = [await event(connection), await event(connection), await event(connection)];
  expect(events[0]).toEqual({ event: "READY" });
  expect(events.slice(1).map(({ event, stream_options }) => [event, stream_options.is_video])).toEqual(
    expect.arrayContaining([
      ["STREAM", true],
      ["STREAM", false],
    ]),
  );
  expect((await gateway.get(`${connection}/status`)).body.open).toBe(true);
  await waitFor("RTP of audio and video", () => ports.video.packets.length > 20 && ports.audio.packets.length > 20);
  expect(ports.video.packets.every((packet) => (packet[1] ?? 0) % 128 === 96)).toBe(true);
  expect(ports.audio.packets.every((packet) => (packet[1] ?? 0) % 128 === 111)).toBe(true);

  caller.forceClose(peer.id);
  expect(await event(connection)).toEqual({ event: "CLOSE" });
  await waitFor("BYE for audio and video", () => byes(ports.videoRtcp) === 1 && byes(ports.audioRtcp) === 1);
  expect((await gateway.get(`${connection}/events`)).status).toBe(404);
  expect((await gateway.get(`${connection}/status`)).status).toBe(404);
  const after = (await gateway.get(`${connection}/tracks`)).body;
  expect(after.ended).toEqual({ reason: "force_close", unix_ms: expect.any(Number) });
  expect(after.tracks).toHaveLength(2);
  for (const { counters, clock } of after.tracks) {
    expect(counters.packets_redirected).toBeGreaterThan(20);
    expect(clock).toMatchObject({ first_unix_ms: expect.any(Number), rate: expect.any(Number) });
  }
});

test("metadata is an empty string if the caller sent none", async () => {
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  expect((await gateway.get(`${connection}/status`)).body).toEqual({ open: false, remote_id: "alice", metadata: "" });
});

test.each([
  ["the caller's close(true)", (caller: Caller) => caller.forceClose(peer.id), "force_close"],
  ["a caller that leaves and stops sending", leave, "leave"],
  ["DELETE", (_: Caller, connection: string) => gateway.request("DELETE", connection), "deleted"],
  ["DELETE of the peer", deletePeer, "peer_deleted"],
  ["the shutdown of the gateway", () => void gateway.close(), "shutdown"],
])("%s ends the call with BYE and CLOSE", async (_, end, reason) => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, ports);
  const closed = event(connection);
  const tracks = () => gateway.get(`${connection}/tracks`).then(({ body }) => body);

  await end(caller, connection);

  expect(await closed).toEqual({ event: "CLOSE" });
  await waitFor("BYE for audio and video", () => byes(ports.videoRtcp) === 1 && byes(ports.audioRtcp) === 1);
  expect((await tracks()).ended.reason).toBe(reason);
  if (reason === "shutdown") expect((await gateway.get("/health")).status).toBe(503);
  if (["deleted", "peer_deleted", "shutdown"].includes(reason)) await caller.receives("FORCE_CLOSE");
});

test("media of a running call is buffered, then redirected, starting with its last seconds", async () => {
  await using first = await Ports.open();
  await using second = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, first);
  const redirect = (redirect_params: object) => gateway.request("PUT", `${connection}/redirects`, { redirect_params });
  await waitFor("a second of media", () => first.video.packets.length > 50);

  const held = await redirect({});
  expect(held.status).toBe(200);
  expect(held.body.tracks.map(({ kind }: { kind: string }) => kind).sort()).toEqual(["audio", "video"]);
  const counts = [first.video.packets.length, first.audio.packets.length];
  const receivedNow = async () =>
    (await gateway.get(`${connection}/tracks`)).body.tracks[0].counters.packets_received as number;
  const received = await receivedNow();
  await waitFor("buffered media", async () => (await receivedNow()) > received + 25);
  const moved = await redirect(second.redirectParams);
  expect(moved.status).toBe(200);

  await waitFor("replayed media", () => second.video.packets.length > 75 && second.audio.packets.length > 0);
  const sequence = (packet: Buffer | undefined) => packet?.readUInt16BE(2) ?? -1;
  // The start is recent, so the second recorder receives both tracks completely.
  for (const kind of ["audio", "video"] as const) {
    expect(sequence(second[kind].packets[0])).toBe(sequence(first[kind].packets[0]));
  }
  const after = (await gateway.get(`${connection}/tracks`)).body;
  const before = held.body.tracks.find(({ kind }: { kind: string }) => kind === "video");
  expect(after.tracks.find(({ kind }: { kind: string }) => kind === "video").clock.first_rtp_timestamp).toBe(
    before.clock.first_rtp_timestamp,
  );
  expect([first.video.packets.length, first.audio.packets.length]).toEqual(counts);

  caller.forceClose(peer.id);
  await waitFor("BYE for audio and video", () => byes(second.videoRtcp) === 1 && byes(second.audioRtcp) === 1);
  expect(byes(first.videoRtcp) + byes(first.audioRtcp)).toBe(0);
  expect((await redirect({})).status).toBe(403);
});

test("media that was buffered when its call ended goes to the next recorder, and the end time stays", async () => {
  await using first = await Ports.open();
  await using second = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, first);
  const redirect = (redirect_params: object) => gateway.request("PUT", `${connection}/redirects`, { redirect_params });
  await waitFor("a second of media", () => first.video.packets.length > 50);
  expect((await redirect({})).status).toBe(200);
  const before = first.video.packets.length;
  const tracks = async () => (await gateway.get(`${connection}/tracks`)).body;
  const received = async () => (await tracks()).tracks[0].counters.packets_received as number;
  const heldFrom = await received();
  await waitFor("buffered media", async () => (await received()) > heldFrom + 25);

  const endedAt = Date.now();
  caller.forceClose(peer.id);
  await waitFor("no more received packets", async () => {
    const count = await received();
    await new Promise((resolve) => setTimeout(resolve, 200)); // ten packets of each kind
    return (await received()) === count;
  });
  expect((await redirect(second.redirectParams)).status).toBe(200);
  await waitFor("BYE for audio and video", () => byes(second.videoRtcp) === 1 && byes(second.audioRtcp) === 1);
  expect(second.video.packets.length).toBeGreaterThan(before + 25);
  expect(first.video.packets.length).toBe(before);
  const { ended } = await tracks();
  expect(ended.reason).toBe("force_close");
  expect(Math.abs(ended.unix_ms - endedAt)).toBeLessThan(1_000);
  expect((await redirect({})).status).toBe(403);
});

test("media of a running call is redirected at a keyframe, and the previous recorder receives BYE", async () => {
  await using first = await Ports.open();
  await using second = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, first);
  await waitFor("a second of media", () => first.video.packets.length > 50);
  const body = { redirect_params: second.redirectParams, seamless: true };
  const { status, body: before } = await gateway.request("PUT", `${connection}/redirects`, body);
  expect(status).toBe(200);
  expect(before.tracks[0].counters.packets_redirected).toBeGreaterThan(0);
  await waitFor("media", () => second.video.packets.length > 25 && second.audio.packets.length > 0);
  await waitFor("BYE for audio and video", () => byes(first.videoRtcp) === 1 && byes(first.audioRtcp) === 1);
  const sequence = (packet: Buffer | undefined) => packet?.readUInt16BE(2) ?? -1;
  for (const kind of ["audio", "video"] as const) {
    expect(sequence(second[kind].packets[0])).toBeLessThanOrEqual(sequence(first[kind].packets.at(-1)) + 1);
  }
  caller.forceClose(peer.id);
  await waitFor("BYE for audio and video", () => byes(second.videoRtcp) === 1 && byes(second.audioRtcp) === 1);
  expect(byes(first.videoRtcp) + byes(first.audioRtcp)).toBe(2);
});

test("an unanswered call cannot be redirected", async () => {
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  const { status, body } = await gateway.request("PUT", `${connection}/redirects`, { redirect_params: {} });
  expect(status).toBe(403);
  expect(body.command_type).toBe("MEDIA_CONNECTION_REDIRECTS");
});

test("a call continues when its caller leaves signalling while media flows, and can still be hung up", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, ports);

  caller.socket.disconnect();
  caller.socket.connect();
  const before = ports.video.packets.length;
  await waitFor("3 s of video after LEAVE", () => ports.video.packets.length > before + 150);

  expect((await gateway.get(`${connection}/status`)).body.open).toBe(true);
  const closed = event(connection);
  caller.forceClose(peer.id);
  expect(await closed).toEqual({ event: "CLOSE" });
});

test("a call survives the loss of signalling, and new calls arrive after the reconnect", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, ports);
  const status = `/peers/${peer.id}/status?token=${peer.token}`;

  const bringBack = await gateway.stopSignaling();
  await waitFor("disconnected", async () => (await gateway.get(status)).body.disconnected);
  const before = ports.video.packets.length;
  await waitFor("video without signalling", () => ports.video.packets.length > before + 50);
  await bringBack();

  await waitFor("reconnected", async () => !(await gateway.get(status)).body.disconnected, 10_000);
  expect((await gateway.get(`${connection}/status`)).body.open).toBe(true);
  using other = await Caller.open(gateway, "bob");
  other.call(peer.id);
  const next = await nextCall(gateway, peer);
  expect((await gateway.get(`${next}/status`)).body.remote_id).toBe("bob");
});

test("DELETE rejects a call, which ends it for the caller too", async () => {
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);

  expect((await gateway.request("DELETE", connection)).status).toBe(204);

  await caller.receives("FORCE_CLOSE");
  expect((await gateway.get(`${connection}/status`)).status).toBe(404);
  expect((await gateway.request("DELETE", connection)).status).toBe(404);
  expect(await event(connection)).toEqual({ event: "CLOSE" });
  expect((await gateway.get(`${connection}/events`)).status).toBe(404);
});

test("a caller that hangs up before the answer ends the call; its id stays valid until CLOSE was read", async () => {
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  caller.forceClose(peer.id);
  await waitFor("the end of the call", async () => (await gateway.get(`${connection}/tracks`)).body.ended?.reason);

  expect((await gateway.get(`${connection}/status`)).body.open).toBe(false);
  const late = await gateway.post(`${connection}/answer`, { constraints: RECEIVE_ONLY });
  expect(late.status).toBe(403);
  expect(late.body.params.errors[0].message).toBe("The call has ended");
  expect(await event(connection)).toEqual({ event: "CLOSE" });
  expect((await gateway.get(`${connection}/status`)).status).toBe(404);
});

test("a codec that is not offered is rejected, and the call can still be answered", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  const answer = (codec: string) =>
    gateway.post(`${connection}/answer`, {
      constraints: { ...RECEIVE_ONLY, video_params: { codec, media_id: "hoge", band_width: 0 } },
      redirect_params: ports.redirectParams,
    });

  const refused = await answer("H264");
  expect(refused.status).toBe(400);
  expect(refused.body.command_type).toBe("MEDIA_CONNECTION_ANSWER");
  expect((await answer("vp8")).status).toBe(202);
  expect((await answer("vp8")).status).toBe(403);
  expect(await event(connection)).toEqual({ event: "READY" });
});

test("redirected packets have the requested payload type", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  const params = { band_width: 0, media_id: "hoge" };
  await gateway.post(`${connection}/answer`, {
    constraints: {
      ...RECEIVE_ONLY,
      video_params: { ...params, codec: "VP8", payload_type: 100, sampling_rate: 90_000 },
      audio_params: { ...params, codec: "OPUS", payload_type: 101, sampling_rate: 48_000 },
    },
    redirect_params: ports.redirectParams,
  });
  caller.sendMedia();
  await waitFor("RTP of audio and video", () => ports.video.packets.length > 5 && ports.audio.packets.length > 5);
  expect(ports.video.packets.every((packet) => (packet[1] ?? 0) % 128 === 100)).toBe(true);
  expect(ports.audio.packets.every((packet) => (packet[1] ?? 0) % 128 === 101)).toBe(true);
});

test("a keyframe is requested with the address that video is redirected to", async () => {
  await using ports = await Ports.open();
  using caller = await Caller.open(gateway);
  const connection = await startCall(caller, ports);
  const requests = async () => {
    const { tracks } = (await gateway.get(`${connection}/tracks`)).body;
    return tracks.find(({ kind }: { kind: string }) => kind === "video").counters.keyframe_requests;
  };
  const before = await requests();

  const asked = await gateway.post(`${connection}/pli`, ports.video.address);
  expect([asked.status, asked.body]).toEqual([201, {}]);
  await waitFor("the request", async () => (await requests()) > before);

  expect((await gateway.post(`${connection}/pli`, ports.audio.address)).status).toBe(201);
  expect((await gateway.post(`${connection}/pli`, { ip_v4: "127.0.0.1", port: 9 })).status).toBe(400);
});

test("ten concurrent calls are each announced once, and are kept apart", async () => {
  const callers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => Caller.open(gateway, `caller-${n}`, ["audio"])),
  );
  for (const [n, caller] of callers.entries()) caller.call(peer.id, { n });
  const seen: string[] = [];
  for (let n = 0; n < callers.length; n++) {
    const { body } = await gateway.get(`${await nextCall(gateway, peer)}/status`);
    expect(body.remote_id).toBe(`caller-${JSON.parse(body.metadata).n}`);
    seen.push(body.remote_id);
  }
  expect(new Set(seen).size).toBe(10);
  for (const caller of callers) caller[Symbol.dispose]();
});

/** Answers a call and waits for its media. */
async function startCall(caller: Caller, ports: Ports): Promise<string> {
  caller.call(peer.id);
  const connection = await nextCall(gateway, peer);
  await gateway.post(`${connection}/answer`, { constraints: RECEIVE_ONLY, redirect_params: ports.redirectParams });
  caller.sendMedia();
  for (let n = 0; n < 3; n++) await event(connection);
  await waitFor("media", () => ports.video.packets.length > 5 && ports.audio.packets.length > 5);
  return connection;
}

async function event(connection: string) {
  const { status, body } = await gateway.get(`${connection}/events`);
  expect(status).toBe(200);
  return body;
}

function leave(caller: Caller): void {
  caller.stopMedia();
  caller.socket.disconnect();
}

async function deletePeer(): Promise<void> {
  const closed = gateway.get(peer.events);
  expect((await gateway.request("DELETE", `/peers/${peer.id}?token=${peer.token}`)).status).toBe(204);
  expect((await closed).body).toEqual({ event: "CLOSE", params: { peer_id: peer.id, token: peer.token } });
}

/** The number of BYE packets received; each datagram may be a compound packet (RFC 3550, section 6.1). */
function byes({ packets }: UdpReceiver): number {
  const types = packets.flatMap((packet) => {
    const found: number[] = [];
    for (let at = 0; at + 4 <= packet.length; at += 4 * (packet.readUInt16BE(at + 2) + 1))
      found.push(packet[at + 1] ?? 0);
    return found;
  });
  expect(types.every((type) => type >= RTCP_SR && type <= RTCP_BYE + 4)).toBe(true);
  return types.filter((type) => type === RTCP_BYE).length;
}

/** The four ports of a recorder. */
class Ports implements AsyncDisposable {
  readonly video: UdpReceiver;
  readonly videoRtcp: UdpReceiver;
  readonly audio: UdpReceiver;
  readonly audioRtcp: UdpReceiver;

  private constructor(receivers: readonly [UdpReceiver, UdpReceiver, UdpReceiver, UdpReceiver]) {
    [this.video, this.videoRtcp, this.audio, this.audioRtcp] = receivers;
  }

  static async open(): Promise<Ports> {
    const open = UdpReceiver.open;
    return new Ports([await open(), await open(), await open(), await open()]);
  }

  get redirectParams() {
    return {
      video: this.video.address,
      video_rtcp: this.videoRtcp.address,
      audio: this.audio.address,
      audio_rtcp: this.audioRtcp.address,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.video, this.videoRtcp, this.audio, this.audioRtcp]) await one[Symbol.asyncDispose]();
  }
}
