import type Peer from "skyway-js";
import type { MediaConnection } from "skyway-js";
import { getClientConfiguration, getIceServers } from "../api/client.ts";
import { textField } from "../metadata.ts";
import { explain, isPeerUnavailable } from "./errorTexts.ts";
import { loadSkyway } from "./skyway.ts";

/** A page answers at once, unless it is in another call. */
const NO_ANSWER_MS = 15_000;
const POLL_INTERVAL_MS = 100;

/** Metadata of both legs; the equal `call` makes their recordings one call. */
interface SharedMetadata {
  call: string;
  name: string;
}

export type PhoneState =
  | { status: "ready" }
  | { status: "calling"; remoteId: string }
  | { status: "talking"; remoteId: string; remoteName: string | undefined; remote: MediaStream; call: string }
  | { status: "ended"; remoteId: string; call: string; seconds: number };

export interface PhoneListeners {
  onState(state: PhoneState): void;
  /** An error text, or undefined when the error is resolved. */
  onErrorText(text: string | undefined): void;
}

/**
 * A softphone with skyway-js, like a page written for SkyWay: it calls and answers one other peer, and during the call
 * it also calls the recorder with the same media.
 */
export class Phone {
  readonly #peer: Peer;
  readonly #recorderPeerId: string;
  readonly #name: string;
  readonly #stream: MediaStream;
  readonly #listeners: PhoneListeners;
  #connection: MediaConnection | undefined;
  #recording: MediaConnection | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #talkingSince = 0;
  #state: PhoneState = { status: "ready" };

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
    // skyway-js reconnects automatically when the server is back.
    peer.on("open", () => listeners.onErrorText(undefined));
    peer.on("error", (error) => this.#fail(error));
    listeners.onState(this.#state);
  }

  /**
   * Registers with signalling on the server of this page.
   *
   * @throws the error of skyway-js; explain() has a text for it.
   */
  static async open(name: string, stream: MediaStream, listeners: PhoneListeners): Promise<Phone> {
    const [Peer, { key, recorderPeerId }] = await Promise.all([loadSkyway(), getClientConfiguration()]);
    const secure = location.protocol === "https:";
    const port = Number(location.port) || (secure ? 443 : 80);
    // Without a list, skyway-js would use a STUN server on the internet.
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
    this.#listeners.onErrorText(undefined);
    const shared = { call: crypto.randomUUID(), name: this.#name };
    const connection = this.#peer.call(remoteId, this.#stream, { videoCodec: "VP8", metadata: shared });
    // skyway-js has reported the error.
    if (!connection) return;
    this.#setState({ status: "calling", remoteId });
    this.#connect(connection, shared, undefined);
    this.#answerTimer = setTimeout(() => {
      this.#listeners.onErrorText("Nobody answered. The other person may be in another call.");
      this.hangUp();
    }, NO_ANSWER_MS);
  }

  /** Ends the call and its recording; the other side is notified. */
  hangUp(): void {
    const connection = this.#connection;
    this.#end(); // First: close() emits the event at once.
    if (connection) closeOnceOpen(connection);
  }

  #answer(connection: MediaConnection): void {
    if (this.#connection) return; // The caller gets no answer, and gives up after NO_ANSWER_MS.
    const shared = { call: textField(connection.metadata, "call") ?? crypto.randomUUID(), name: this.#name };
    this.#listeners.onErrorText(undefined);
    this.#connect(connection, shared, textField(connection.metadata, "name"));
    connection.answer(this.#stream, { videoCodec: "VP8" });
  }

  #connect(connection: MediaConnection, shared: SharedMetadata, remoteName: string | undefined): void {
    this.#connection = connection;
    connection.on("stream", (remote) => {
      if (this.#connection !== connection) return;
      clearTimeout(this.#answerTimer);
      const { remoteId } = connection;
      this.#talkingSince = performance.now();
      this.#setState({ status: "talking", remoteId, remoteName, remote, call: shared.call });
      this.#recording ??= this.#peer.call(this.#recorderPeerId, this.#stream, { videoCodec: "VP8", metadata: shared });
    });
    connection.once("close", () => {
      if (this.#connection === connection) this.#end();
    });
  }

  #end(): void {
    clearTimeout(this.#answerTimer);
    if (this.#recording) closeOnceOpen(this.#recording);
    this.#recording = undefined;
    this.#connection = undefined;
    if (this.#state.status === "talking") {
      const { remoteId, call } = this.#state;
      this.#setState({ status: "ended", remoteId, call, seconds: (performance.now() - this.#talkingSince) / 1000 });
    } else {
      this.#setState({ status: "ready" });
    }
  }

  #fail(error: unknown): void {
    if (isPeerUnavailable(error, this.#recorderPeerId)) {
      this.#recording = undefined;
      this.#listeners.onErrorText(
        "Not recorded: the recorder is not available. The console shows which part is failing.",
      );
      return;
    }
    this.#listeners.onErrorText(explain(error));
    if (this.#state.status === "calling") this.hangUp();
  }

  #setState(state: PhoneState): void {
    this.#state = state;
    this.#listeners.onState(state);
  }
}

/** skyway-js ignores a hang-up before the answer, and has no event for the answer, so this polls. */
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
  }, POLL_INTERVAL_MS);
}
