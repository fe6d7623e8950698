import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "./caller.ts";
import { KEY, type TestGateway } from "./gateway.ts";
import { nextCall, openPeer, RECEIVE_ONLY, type RecorderPeer } from "./recorderPeer.ts";

/** Values for the placeholders in braces in a request: created on first use, separately for each request. */
export class RequestValues implements AsyncDisposable {
  readonly #gateway: TestGateway;
  readonly #peer: RecorderPeer;
  /** Never answers a call. */
  readonly #silent: Caller;
  /** Rejects every call. */
  readonly #busy: Caller;
  readonly #callers: Caller[] = [];
  #made = 0;

  private constructor(gateway: TestGateway, peer: RecorderPeer, silent: Caller, busy: Caller) {
    this.#gateway = gateway;
    this.#peer = peer;
    this.#silent = silent;
    this.#busy = busy;
  }

  static async open(gateway: TestGateway): Promise<RequestValues> {
    const [silent, busy] = [await Caller.open(gateway, "silent"), await Caller.open(gateway, "busy")];
    busy.socket.on("OFFER", ({ src, connectionId }) => {
      busy.socket.emit("SEND_FORCE_CLOSE", { dst: src, connectionId });
    });
    return new RequestValues(gateway, await openPeer(gateway), silent, busy);
  }

  async fill(text: string): Promise<string> {
    const names = new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
    const values = new Map<string, string>();
    for (const name of names) {
      if (values.has(name)) continue;
      for (const [key, value] of await this.#make(name)) values.set(key, value);
    }
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values.get(name) ?? `no ${name}`);
  }

  async #make(name: string): Promise<[name: string, value: string][]> {
    switch (name) {
      case "peer":
      case "token":
        return [
          ["peer", this.#peer.id],
          ["token", this.#peer.token],
        ];
      case "freshPeer":
      case "freshToken": {
        const { body } = await this.#gateway.post("/peers", { key: KEY, domain: "localhost", peer_id: this.#name() });
        return [
          ["freshPeer", body.params.peer_id],
          ["freshToken", body.params.token],
        ];
      }
      case "freeId":
        return [[name, this.#name()]];
      case "video":
        return [[name, (await this.#port("/media", { is_video: true })).media_id]];
      case "rtcp":
        return [[name, (await this.#port("/media/rtcp")).rtcp_id]];
      case "data":
        return [[name, (await this.#port("/data")).data_id]];
      case "usedVideo":
      case "usedRtcp": {
        const { media_id } = await this.#port("/media", { is_video: true });
        const { rtcp_id } = await this.#port("/media/rtcp");
        const video_params = { band_width: 0, codec: "VP8", media_id, rtcp_id };
        await this.#dial("silent", { ...RECEIVE_ONLY, video: true, video_params });
        return [
          ["usedVideo", media_id],
          ["usedRtcp", rtcp_id],
        ];
      }
      case "usedData": {
        const { data_id } = await this.#port("/data");
        await this.#connect("silent", { data_id });
        return [[name, data_id]];
      }
      case "dialled":
        return [[name, await this.#dial("silent")]];
      case "refusedCall":
        return [[name, await this.#dial("busy")]];
      case "connecting":
        return [[name, await this.#connect("silent")]];
      case "refusedConnection": {
        const id = await this.#connect("busy");
        const put = () => this.#gateway.request("PUT", `/data/connections/${id}`, {});
        await waitFor("the end of the connection", async () => (await put()).status !== 200);
        return [[name, id]];
      }
      case "ringing":
        return [[name, await this.#ring()]];
      case "answered": {
        const id = await this.#ring();
        const redirect_params = { video: { ip_v4: "127.0.0.1", port: 5004 } };
        await this.#gateway.post(`/media/connections/${id}/answer`, { constraints: RECEIVE_ONLY, redirect_params });
        return [[name, id]];
      }
      default:
        throw new Error(`unknown placeholder ${name}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const caller of [...this.#callers, this.#silent, this.#busy]) caller[Symbol.dispose]();
    await this.#gateway.request("DELETE", `/peers/${this.#peer.id}?token=${this.#peer.token}`);
  }

  #name(): string {
    this.#made += 1;
    return `One-${this.#made}`;
  }

  async #port(path: string, body: object = {}) {
    return (await this.#gateway.post(path, body)).body;
  }

  async #dial(target_id: string, constraints: object = RECEIVE_ONLY): Promise<string> {
    const { id: peer_id, token } = this.#peer;
    const { body } = await this.#gateway.post("/media/connections", { peer_id, token, target_id, constraints });
    return body.params.media_connection_id;
  }

  async #connect(target_id: string, params: object = {}): Promise<string> {
    const { id: peer_id, token } = this.#peer;
    const { body } = await this.#gateway.post("/data/connections", { peer_id, token, target_id, params });
    return body.params.data_connection_id;
  }

  async #ring(): Promise<string> {
    const caller = await Caller.open(this.#gateway, this.#name());
    this.#callers.push(caller);
    caller.call(this.#peer.id);
    return (await nextCall(this.#gateway, this.#peer)).split("/").at(-1) ?? "";
  }
}
