import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests check the server's messages.
type Message = { type: string; src?: string; payload?: any };

/** A client with the protocol of PeerJS that records all received messages. */
export class PeerJsClient implements Disposable {
  readonly heard: Message[] = [];
  readonly socket: WebSocket;
  isClosed = false;

  constructor(
    server: { origin: string },
    { id = "alice", key = "peerjs", token = String(Math.random()), path = "/" } = {},
  ) {
    const query = new URLSearchParams({ key, id, token, version: "1.5.5" });
    this.socket = new WebSocket(`${server.origin.replace("http", "ws")}${path}peerjs?${query}`);
    this.socket.onmessage = ({ data }) => this.heard.push(JSON.parse(String(data)));
    this.socket.onclose = () => {
      this.isClosed = true;
    };
  }

  static async open(server: { origin: string }, options: { id?: string; key?: string; token?: string } = {}) {
    const client = new PeerJsClient(server, options);
    await client.hears("OPEN");
    return client;
  }

  async hears(type: string, times = 1): Promise<Message> {
    const messages = () => this.heard.filter((message) => message.type === type);
    try {
      await waitFor(type, () => messages().length >= times);
    } catch (error) {
      throw new Error(`received only ${JSON.stringify(this.heard)}`, { cause: error });
    }
    return messages()[times - 1] as Message;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  offer(dst: string, payload: object = {}): void {
    const sdp = { type: "offer", sdp: "v=0\r\n" };
    this.send({ type: "OFFER", dst, payload: { sdp, type: "media", connectionId: "mc_1", ...payload } });
  }

  answer(dst: string, connectionId = "mc_1"): void {
    const sdp = { type: "answer", sdp: "v=0\r\n" };
    this.send({ type: "ANSWER", dst, payload: { sdp, type: "media", connectionId } });
  }

  candidate(dst: string, connectionId = "mc_1"): void {
    const candidate = { candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };
    this.send({ type: "CANDIDATE", dst, payload: { candidate, type: "media", connectionId } });
  }

  get types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
