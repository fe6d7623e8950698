import type { MediaConnectionId, PeerId } from "../ids.ts";
import type { Codec, Codecs, Kind, Offered } from "../recorders/codecs.ts";
import type { RedirectTargets } from "../recorders/startedRecorder.ts";

/** The right to act as a peer at the gateway. */
export interface PeerHandle {
  peerId: PeerId;
  token: string;
}

export type PeerEvent =
  | { event: "OPEN" }
  | { event: "CALL"; mediaConnectionId: MediaConnectionId }
  | { event: "CLOSE" }
  | { event: "ERROR"; message: string }
  | { event: "OTHER" };

export type ConnectionEvent = { event: "READY" | "STREAM" | "CLOSE" | "OTHER" } | { event: "ERROR"; message: string };

/** Where a track lies on the gateway's clock. */
export interface TrackClock {
  firstUnixMs: number;
  /** Seconds of the gateway's clock for each second of the sender's. */
  rate: number;
  source: "arrival" | "sender_report";
}

export interface TrackReport {
  kind: Kind;
  offered: readonly Codec[];
  clock: TrackClock | null;
  counters: Readonly<Record<string, number | null>>;
}

export interface TracksReport {
  /** Why the connection ended, in the gateway's words; null while it lives. */
  ended: { reason: string } | null;
  tracks: readonly TrackReport[];
}

export interface ConnectionStatus {
  remoteId: string;
  /** As the caller gave it, parsed where it is JSON. */
  metadata: unknown;
  open: boolean;
}

/** What the orchestrator asks of a gateway. Everything may throw GatewayUnreachable. */
export interface Gateway {
  /** @throws PeerRefused when the id is taken or the key unknown. */
  createPeer(peerId: PeerId): Promise<PeerHandle>;
  peerExists(peer: PeerHandle): Promise<boolean>;
  deletePeer(peer: PeerHandle): Promise<void>;
  /** Waits for the next event; undefined when none came in time. @throws Gone. */
  nextPeerEvent(peer: PeerHandle, signal: AbortSignal): Promise<PeerEvent | undefined>;

  /** @throws Gone. */
  status(id: MediaConnectionId): Promise<ConnectionStatus>;
  /** undefined where the gateway does not know this extension. */
  tracks(id: MediaConnectionId): Promise<TracksReport | undefined>;
  offered(report: TracksReport): Offered;
  /** Receive-only. @throws Gone, AnswerRefused. */
  answer(id: MediaConnectionId, codecs: Codecs, redirect: RedirectTargets): Promise<void>;
  nextConnectionEvent(id: MediaConnectionId, signal: AbortSignal): Promise<ConnectionEvent | undefined>;
  requestKeyframe(id: MediaConnectionId, redirect: RedirectTargets): Promise<void>;
  hangUp(id: MediaConnectionId): Promise<void>;
  isWell(): Promise<boolean>;
}

/** The peer or connection is not there (any more). */
export class Gone extends Error {
  constructor(what: string) {
    super(`${what} is not known to the gateway`);
    this.name = "Gone";
  }
}

/** Nobody answers at the gateway's address. */
export class GatewayUnreachable extends Error {
  constructor(cause: unknown) {
    super(`the gateway does not answer: ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.name = "GatewayUnreachable";
  }
}

/** The gateway said no. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refused";
    this.status = status;
  }
}
