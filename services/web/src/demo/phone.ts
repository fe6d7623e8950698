import Peer, { type MediaConnection } from "skyway-js";
import { getClientConfiguration } from "../api/client.ts";
import { explain } from "./mistakes.ts";

/** What two parties of one call have in common; it makes their recordings one call. */
interface Shared {
  call: string;
  name: string;
}

export type PhoneState =
  | { at: "ready"; id: string }
  | { at: "calling"; id: string; remoteId: string }
  | { at: "talking"; id: string; remoteId: string; remoteName: string; remote: MediaStream; call: string }
  | { at: "ended"; id: string; call: string };

/**
 * A phone on skyway-js, as a page written for SkyWay would have it: it calls and answers one other party, and
 * while they talk it calls the recorder too, so that what it sends is recorded.
 */
export class Phone {
  readonly #peer: Peer;
  readonly #recorderPeerId: string;
  readonly #name: string;
  readonly #stream: MediaStream;
  readonly #onState: (state: PhoneState) => void;
  readonly #onMistake: (text: string) => void;
  #connection: MediaConnection | undefined;
  #recording: MediaConnection | undefined;
  #state: PhoneState;

  private constructor(
    peer: Peer,
    recorderPeerId: string,
    name: string,
    stream: MediaStream,
    listeners: { onState(state: PhoneState): void; onMistake(text: string): void },
  ) {
    this.#peer = peer;
    this.#recorderPeerId = recorderPeerId;
    this.#name = name;
    this.#stream = stream;
    this.#onState = listeners.onState;
    this.#onMistake = listeners.onMistake;
    this.#state = { at: "ready", id: peer.id };
    peer.on("call", (connection) => this.#answer(connection));
    peer.on("error", (error) => {
      this.#onMistake(explain(error));
      if (this.#state.at === "calling") this.#become({ at: "ready", id: peer.id });
    });
    this.#onState(this.#state);
  }

  /** Registers on signalling, which is where this page came from. */
  static async open(
    name: string,
    stream: MediaStream,
    listeners: { onState(state: PhoneState): void; onMistake(text: string): void },
  ): Promise<Phone> {
    const { key, recorderPeerId } = await getClientConfiguration();
    const secure = location.protocol === "https:";
    const port = Number(location.port) || (secure ? 443 : 80);
    const peer = new Peer({ key, host: location.hostname, port, secure });
    await new Promise<void>((resolve, reject) => {
      peer.once("open", () => resolve());
      peer.once("error", reject);
    });
    return new Phone(peer, recorderPeerId, name, stream, listeners);
  }

  call(remoteId: string): void {
    const shared = { call: crypto.randomUUID(), name: this.#name };
    this.#become({ at: "calling", id: this.#peer.id, remoteId });
    const connection = this.#peer.call(remoteId, this.#stream, { videoCodec: "VP8", metadata: shared });
    if (connection) this.#talk(connection, shared, remoteId);
  }

  /** Ends the call and its recording; the other side is told. */
  hangUp(): void {
    this.#connection?.close(true);
    this.#end();
  }

  #answer(connection: MediaConnection): void {
    if (this.#connection) {
      connection.close(true);
      return;
    }
    const { call, name } = sharedOf(connection.metadata);
    this.#talk(connection, { call, name: this.#name }, name);
    connection.answer(this.#stream, { videoCodec: "VP8" });
  }

  #talk(connection: MediaConnection, shared: Shared, remoteName: string): void {
    this.#connection = connection;
    connection.on("stream", (remote) => {
      this.#become({
        at: "talking",
        id: this.#peer.id,
        remoteId: connection.remoteId,
        remoteName,
        remote,
        call: shared.call,
      });
      this.#recording ??= this.#peer.call(this.#recorderPeerId, this.#stream, { videoCodec: "VP8", metadata: shared });
    });
    connection.once("close", () => this.#end());
  }

  #end(): void {
    this.#recording?.close(true);
    this.#recording = undefined;
    this.#connection = undefined;
    if (this.#state.at === "talking") this.#become({ at: "ended", id: this.#peer.id, call: this.#state.call });
    else this.#become({ at: "ready", id: this.#peer.id });
  }

  #become(state: PhoneState): void {
    this.#state = state;
    this.#onState(state);
  }
}

function sharedOf(metadata: unknown): Shared {
  const given = typeof metadata === "object" && metadata !== null ? metadata : {};
  const text = (name: "call" | "name") => {
    const value = (given as Record<string, unknown>)[name];
    return typeof value === "string" ? value : undefined;
  };
  return { call: text("call") ?? crypto.randomUUID(), name: text("name") ?? "Somebody" };
}
