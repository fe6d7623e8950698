import type Peer from "skyway-js";
import type { MediaConnection } from "skyway-js";
import { getClientConfiguration, getIceServers } from "../api/client.ts";
import { textIn } from "../metadata.ts";
import { explain, isAbout } from "./mistakes.ts";
import { loadSkyway } from "./skyway.ts";

/** A page answers at once; a person who is in another call does not. */
const NO_ANSWER_MS = 15_000;
const LOOK_AGAIN_MS = 100;

/** What two parties of one call have in common; it makes their recordings one call. */
interface Shared {
  call: string;
  name: string;
}

export type PhoneState =
  | { at: "ready" }
  | { at: "calling"; remoteId: string }
  | { at: "talking"; remoteId: string; remoteName: string | undefined; remote: MediaStream; call: string }
  | { at: "ended"; remoteId: string; call: string; seconds: number };

export interface PhoneListeners {
  onState(state: PhoneState): void;
  /** A mistake in words, or undefined once it is over. */
  onMistake(text: string | undefined): void;
}

/**
 * A phone on skyway-js, as a page written for SkyWay would have it: it calls and answers one other party, and
 * while they talk it calls the recorder too, so that what it sends is recorded.
 */
export class Phone {
  readonly #peer: Peer;
  readonly #recorderPeerId: string;
  readonly #name: string;
  readonly #stream: MediaStream;
  readonly #listeners: PhoneListeners;
  #connection: MediaConnection | undefined;
  #recording: MediaConnection | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #talkingSince = 0;
  #state: PhoneState = { at: "ready" };

  private constructor(
    peer: Peer,
    recorderPeerId: string,
    name: string,
    stream: MediaStream,
    listeners: PhoneListeners,
  ) {
    this.#peer = peer;
    this.#recorderPeerId = recorderPeerId;
    this.#name = name;
    this.#stream = stream;
    this.#listeners = listeners;
    peer.on("call", (connection) => this.#answer(connection));
    // skyway-js opens again by itself when the server is back.
    peer.on("open", () => listeners.onMistake(undefined));
    peer.on("error", (error) => this.#fail(error));
    listeners.onState(this.#state);
  }

  /**
   * Registers on signalling, which is where this page came from.
   *
   * @throws what skyway-js reports; explain() has words for it.
   */
  static async open(name: string, stream: MediaStream, listeners: PhoneListeners): Promise<Phone> {
    const [Peer, { key, recorderPeerId }] = await Promise.all([loadSkyway(), getClientConfiguration()]);
    const secure = location.protocol === "https:";
    const port = Number(location.port) || (secure ? 443 : 80);
    // Without a list of its own it would ask a STUN server on the internet.
    const config = { iceServers: await getIceServers(key) };
    const peer = new Peer({ key, host: location.hostname, port, secure, config });
    await new Promise<void>((resolve, reject) => {
      peer.once("open", () => resolve());
      peer.once("error", reject);
    });
    return new Phone(peer, recorderPeerId, name, stream, listeners);
  }

  get id(): string {
    return this.#peer.id;
  }

  call(remoteId: string): void {
    this.#listeners.onMistake(undefined);
    const shared = { call: crypto.randomUUID(), name: this.#name };
    const connection = this.#peer.call(remoteId, this.#stream, { videoCodec: "VP8", metadata: shared });
    // skyway-js has reported why.
    if (!connection) return;
    this.#become({ at: "calling", remoteId });
    this.#talk(connection, shared, undefined);
    this.#patience = setTimeout(() => {
      this.#listeners.onMistake("Nobody answered. They may be in another call.");
      this.hangUp();
    }, NO_ANSWER_MS);
  }

  /** Ends the call and its recording; the other side is told. */
  hangUp(): void {
    const connection = this.#connection;
    this.#end(); // First: closing it reports its end at once.
    if (connection) closeOnceOpen(connection);
  }

  #answer(connection: MediaConnection): void {
    if (this.#connection) return; // Whoever calls hears nothing, and gives up after a while.
    const shared = { call: textIn(connection.metadata, "call") ?? crypto.randomUUID(), name: this.#name };
    this.#listeners.onMistake(undefined);
    this.#talk(connection, shared, textIn(connection.metadata, "name"));
    connection.answer(this.#stream, { videoCodec: "VP8" });
  }

  #talk(connection: MediaConnection, shared: Shared, remoteName: string | undefined): void {
    this.#connection = connection;
    connection.on("stream", (remote) => {
      if (this.#connection !== connection) return;
      clearTimeout(this.#patience);
      const { remoteId } = connection;
      this.#talkingSince = performance.now();
      this.#become({ at: "talking", remoteId, remoteName, remote, call: shared.call });
      this.#recording ??= this.#peer.call(this.#recorderPeerId, this.#stream, { videoCodec: "VP8", metadata: shared });
    });
    connection.once("close", () => {
      if (this.#connection === connection) this.#end();
    });
  }

  #end(): void {
    clearTimeout(this.#patience);
    if (this.#recording) closeOnceOpen(this.#recording);
    this.#recording = undefined;
    this.#connection = undefined;
    if (this.#state.at === "talking") {
      const { remoteId, call } = this.#state;
      this.#become({ at: "ended", remoteId, call, seconds: (performance.now() - this.#talkingSince) / 1000 });
    } else {
      this.#become({ at: "ready" });
    }
  }

  #fail(error: unknown): void {
    if (isAbout(error, this.#recorderPeerId)) {
      this.#recording = undefined;
      this.#listeners.onMistake("Not recorded: the recorder is not there. The console says which part is not well.");
      return;
    }
    this.#listeners.onMistake(explain(error));
    if (this.#state.at === "calling") this.hangUp();
  }

  #become(state: PhoneState): void {
    this.#state = state;
    this.#listeners.onState(state);
  }
}

/** skyway-js ignores a hang-up before the answer, and has no event for the answer. */
function closeOnceOpen(connection: MediaConnection): void {
  if (connection.open) {
    connection.close(true);
    return;
  }
  const giveUp = Date.now() + NO_ANSWER_MS;
  const timer = setInterval(() => {
    if (connection.open) connection.close(true);
    else if (Date.now() < giveUp) return;
    clearInterval(timer);
  }, LOOK_AGAIN_MS);
}
