import { RecorderError } from "../../errors.ts";
import type { CallId, LegId } from "../../ids.ts";
import type { SharedPeer } from "../peers/sharedPeer.ts";
import { dialLeg } from "./dialLeg.ts";
import { LegContext } from "./legContext.ts";
import type { LegServices } from "./legServices.ts";

/** A request to call a peer. */
export interface DialOrder {
  peerId: string;
  /** The recorder's peer to call from; the first one by default. */
  recorderPeerId?: string | undefined;
  /** Passed to the called page; `call` has the same meaning as in metadata of incoming calls. */
  metadata?: unknown;
  answerWithinSeconds: number;
}

/** Calls peers on request and records them. */
export class Dialler {
  readonly #peers: readonly Pick<SharedPeer, "peerId" | "handle">[];
  readonly #services: LegServices;

  constructor(peers: readonly Pick<SharedPeer, "peerId" | "handle">[], services: LegServices) {
    this.#peers = peers;
    this.#services = services;
  }

  /**
   * Creates a leg and starts calling. The result is shown in the leg's state.
   *
   * @throws RecorderError BAD_PARAMETER, PEER_NOT_REGISTERED; no leg is created.
   */
  async dial(order: DialOrder): Promise<{ callId: CallId; legId: LegId }> {
    const { calls, runningLegs } = this.#services;
    const { peerId, metadata, answerWithinSeconds } = order;
    if (this.#peers.some((peer) => peer.peerId === peerId))
      throw new RecorderError("BAD_PARAMETER", "peerId: is one of the recorder's own peers");
    const from = this.#callFrom(order.recorderPeerId);
    const dialled = { answerWithinSeconds };
    const { callId, leg } = await calls.ring({ peerId, metadata, recorderPeerId: from.peerId, dialled });
    void runningLegs.run(callId, leg.id, (stop) => {
      const context = new LegContext(callId, leg.id, this.#services, stop);
      context.log.info({ peerId, recorderPeerId: from.peerId }, "dialling leg");
      return dialLeg({ ...leg, dialled }, metadata, from, context);
    });
    return { callId, legId: leg.id };
  }

  #callFrom(wanted: string | undefined) {
    const peer = wanted === undefined ? this.#peers[0] : this.#peers.find(({ peerId }) => peerId === wanted);
    if (!peer) throw new RecorderError("BAD_PARAMETER", "recorderPeerId: is not one of the recorder's peers");
    const { handle } = peer; // the getter selects a gateway each time
    if (!handle) throw new RecorderError("PEER_NOT_REGISTERED", peer.peerId);
    return handle;
  }
}
