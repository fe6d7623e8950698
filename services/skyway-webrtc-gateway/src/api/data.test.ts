import { createSocket } from "node:dgram";
import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import nodeDataChannel, { type DataChannel } from "node-datachannel";
import { io } from "socket.io-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAX_EARLY_MESSAGES } from "../connections/earlyMessages.ts";
import { KEY, TestGateway } from "../testing/gateway.ts";
import { openPeer, type RecorderPeer } from "../testing/recorderPeer.ts";
import { UdpReceiver } from "../testing/udpReceiver.ts";

let gateway: TestGateway;
let peer: RecorderPeer;

beforeEach(async () => {
  gateway = await TestGateway.open();
  peer = await openPeer(gateway);
});
afterEach(() => gateway[Symbol.asyncDispose]());

/** All byte values, including invalid UTF-8. */
const BYTES = Buffer.from(Array.from({ length: 1_024 }, (_, n) => (n * 7) & 0xff));

test("a peer connects, and messages are forwarded as datagrams byte for byte, in both directions", async () => {
  await using sink = await UdpReceiver.open();
  using other = new DataPeer(gateway, "alice");
  await other.open();
  other.connect(peer.id, { serialization: "none", metadata: { from: "alice" } });
  const { body } = await gateway.get(peer.events);
  expect(body).toEqual({
    event: "CONNECTION",
    params: { peer_id: peer.id, token: peer.token },
    data_params: { data_connection_id: expect.stringMatching(/^dc-.{36}$/) },
  });
  const path = `/data/connections/${body.data_params.data_connection_id}`;
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "OPEN" });
  expect((await gateway.get(`${path}/status`)).body).toEqual({
    remote_id: "alice",
    buffersize: 0,
    label: other.connectionId,
    metadata: '{\n    "from": "alice"\n}',
    open: true,
    reliable: true,
    serialization: "NONE",
    type: "DATA",
  });

  const { data_id, port } = (await gateway.post("/data")).body;
  const put = await gateway.request("PUT", path, { feed_params: { data_id }, redirect_params: sink.address });
  expect([put.status, put.body]).toEqual([200, { command_type: "DATA_CONNECTION_PUT", data_id }]);
  send(BYTES, port);
  expect(await waitFor("the received message", () => other.messages[0])).toEqual(BYTES);
  other.channel?.sendMessageBinary(BYTES);
  other.channel?.sendMessage("grüß dich");
  await waitFor("two datagrams", () => sink.packets.length === 2);
  expect(sink.packets).toEqual([BYTES, Buffer.from("grüß dich")]);

  // A port in use cannot be closed; it closes with the connection.
  expect((await gateway.request("DELETE", `/data/${data_id}`)).status).toBe(403);
  expect((await gateway.request("DELETE", path)).status).toBe(204);
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "CLOSE" });
  expect((await gateway.request("DELETE", `/data/${data_id}`)).status).toBe(404);
  await waitFor("FORCE_CLOSE on the other side", () => other.received.includes("FORCE_CLOSE"));
});

test("a program connects to a peer, and is notified when the peer leaves", async () => {
  await using sink = await UdpReceiver.open();
  using other = new DataPeer(gateway, "bob");
  await other.open();
  const { data_id, port } = (await gateway.post("/data")).body;
  const connected = await gateway.post("/data/connections", {
    peer_id: peer.id,
    token: peer.token,
    target_id: "bob",
    params: { data_id },
    options: { serialization: "NONE", metadata: "hello", dcInit: { ordered: false, maxRetransmits: 0 } },
    redirect_params: sink.address,
  });
  expect(connected.status).toBe(202);
  const path = `/data/connections/${connected.body.params.data_connection_id}`;
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "OPEN" });
  expect(other.offer).toMatchObject({
    connectionType: "data",
    serialization: "none",
    metadata: "hello",
    dcInit: { ordered: false, maxRetransmits: 0 },
  });
  expect((await gateway.get(`${path}/status`)).body).toMatchObject({ open: true, reliable: false });
  send(Buffer.from("ping"), port);
  expect(await waitFor("the message", () => other.messages[0])).toEqual(Buffer.from("ping"));
  other.channel?.sendMessage("pong");
  await waitFor("the datagram", () => sink.packets.length === 1);
  other.close();
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "CLOSE" });
  expect((await gateway.request("DELETE", `/data/${data_id}`)).status).toBe(404);
});

test.each(["nonsense", "v=0\r\n", `v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`])(
  "an invalid offer is rejected and affects nothing else: %j",
  async (sdp) => {
    using other = new DataPeer(gateway, "eve");
    await other.open();
    other.socket.emit("SEND_OFFER", {
      dst: peer.id,
      connectionId: "dc_x",
      connectionType: "data",
      offer: { type: "offer", sdp },
    });
    await waitFor("the rejection", () => other.received.includes("FORCE_CLOSE"));
    expect((await gateway.get("/health")).status).toBe(200);
  },
);

/** Connects a page that has sent messages before the program names an address. */
async function connectEarly(other: DataPeer, messages: readonly string[]): Promise<string> {
  await other.open();
  other.connect(peer.id, { serialization: "none" });
  const { body } = await gateway.get(peer.events);
  const path = `/data/connections/${body.data_params.data_connection_id}`;
  await waitFor("the open channel", () => other.channel?.isOpen());
  for (const message of messages) other.channel?.sendMessage(message);
  expect((await gateway.get(`${path}/events`)).body).toEqual({ event: "OPEN" });
  return path;
}

test("messages that a page sends at open wait for the program's address, and arrive first and in order", async () => {
  await using sink = await UdpReceiver.open();
  await using next = await UdpReceiver.open();
  using other = new DataPeer(gateway, "alice");
  const path = await connectEarly(other, ["one", "two", "three"]);
  await gateway.request("PUT", path, {});
  other.channel?.sendMessage("four");
  await waitFor("the other side has them", () => other.channel?.bufferedAmount() === 0);
  expect((await gateway.request("PUT", path, { redirect_params: sink.address })).status).toBe(200);
  other.channel?.sendMessage("five");
  await waitFor("five datagrams", () => sink.packets.length === 5);
  expect(sink.packets.map(String)).toEqual(["one", "two", "three", "four", "five"]);

  await gateway.request("PUT", path, { redirect_params: next.address });
  other.channel?.sendMessage("six");
  await waitFor("one datagram", () => next.packets.length > 0);
  expect([next.packets.map(String), sink.packets.length]).toEqual([["six"], 5]);
});

test("a program is told how many messages were too many to wait for its address, and they are counted", async () => {
  await using sink = await UdpReceiver.open();
  using other = new DataPeer(gateway, "alice");
  const sent = Array.from({ length: MAX_EARLY_MESSAGES + 7 }, (_, n) => `message ${n}`);
  const path = await connectEarly(other, sent);
  const dropped = async () =>
    (await (await fetch(`${gateway.origin}/metrics`)).text())
      .split("\n")
      .find((line) => line.startsWith('webrtc_gateway_data_messages_dropped_total{direction="to_program"}'));
  await waitFor("seven too many", async () => (await dropped())?.endsWith(" 7"));
  await gateway.request("PUT", path, { redirect_params: sink.address });
  expect((await gateway.get(`${path}/events`)).body).toEqual({
    event: "ERROR",
    error_message: "7 messages were dropped: they came before redirect_params, and too many were waiting",
  });
  await waitFor("the datagrams", () => sink.packets.length === MAX_EARLY_MESSAGES);
  expect(sink.packets.map(String)).toEqual(sent.slice(0, MAX_EARLY_MESSAGES));
});

function send(datagram: Buffer, port: number): void {
  const socket = createSocket("udp4");
  socket.send(datagram, port, "127.0.0.1", () => socket.close());
}

/** Uses signalling like skyway-js, with its own data channel. */
class DataPeer implements Disposable {
  readonly socket;
  readonly connectionId = `dc_${Math.random().toString(36).slice(2, 12)}`;
  readonly messages: Buffer[] = [];
  readonly received: string[] = [];
  channel: DataChannel | undefined;
  offer: Record<string, unknown> | undefined;
  readonly #connection;

  constructor({ signalingOrigin }: TestGateway, peerId: string) {
    this.socket = io(signalingOrigin, {
      forceNew: true,
      query: { apiKey: KEY, token: peerId, peerId, platform: "javascript", sdk_version: "4.4.5" },
    });
    this.#connection = new nodeDataChannel.PeerConnection(peerId, { iceServers: [], bindAddress: "127.0.0.1" });
    this.#connection.onDataChannel((channel) => this.#take(channel));
    this.socket.onAny((event: string) => this.received.push(event));
    this.socket.on("OFFER", (offer) => {
      this.offer = offer;
      const to = { dst: offer.src, connectionId: offer.connectionId, connectionType: "data" };
      this.#connection.onLocalDescription((sdp, type) =>
        this.socket.emit("SEND_ANSWER", { ...to, answer: { type, sdp } }),
      );
      this.#connection.setRemoteDescription(offer.offer.sdp, "offer");
    });
    this.socket.on("CANDIDATE", ({ candidate }) =>
      this.#connection.addRemoteCandidate(candidate.candidate, candidate.sdpMid),
    );
  }

  open(): Promise<unknown> {
    return waitFor("OPEN", () => this.received.includes("OPEN"));
  }

  connect(dst: string, details: object): void {
    const to = { dst, connectionId: this.connectionId, connectionType: "data" };
    const candidates: object[] = [];
    this.#connection.onLocalDescription((sdp, type) =>
      this.socket.emit("SEND_OFFER", { ...to, ...details, label: this.connectionId, offer: { type, sdp } }),
    );
    this.#connection.onLocalCandidate((candidate, sdpMid) => candidates.push({ candidate, sdpMid, sdpMLineIndex: 0 }));
    this.socket.once("ANSWER", ({ answer }) => {
      this.#connection.setRemoteDescription(answer.sdp, "answer");
      for (const candidate of candidates) this.socket.emit("SEND_CANDIDATE", { ...to, candidate });
    });
    this.#take(this.#connection.createDataChannel(this.connectionId));
  }

  close(): void {
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.#connection.close();
    this.socket.disconnect();
  }

  #take(channel: DataChannel): void {
    this.channel = channel;
    channel.onMessage((message) => this.messages.push(Buffer.from(message as string)));
  }
}
