import type { ApiClient } from "./apiClient.ts";
import { KEY } from "./gateway.ts";

/** A peer as an API client sees it. */
export interface RecorderPeer {
  id: string;
  token: string;
  /** Path of its events, with token. */
  events: string;
}

/** The constraints in a recorder's answer. */
export const RECEIVE_ONLY = { video: false, audio: false, videoReceiveEnabled: true, audioReceiveEnabled: true };

/** Registers a peer and reads its OPEN event. */
export async function openPeer(gateway: ApiClient, id = "TestRecorder"): Promise<RecorderPeer> {
  const created = await gateway.post("/peers", { key: KEY, domain: "localhost", peer_id: id, turn: true });
  if (created.status !== 201) throw new Error(`peer not created: ${JSON.stringify(created.body)}`);
  const { token } = created.body.params;
  const events = `/peers/${encodeURIComponent(id)}/events?token=${token}`;
  const opened = await gateway.get(events);
  if (opened.body.event !== "OPEN") throw new Error(`not OPEN: ${JSON.stringify(opened.body)}`);
  return { id, token, events };
}

/** Waits for the next CALL; returns the path of its media connection. */
export async function nextCall(gateway: ApiClient, peer: RecorderPeer): Promise<string> {
  const { body } = await gateway.get(peer.events);
  if (body.event !== "CALL") throw new Error(`not CALL: ${JSON.stringify(body)}`);
  return `/media/connections/${body.call_params.media_connection_id}`;
}
