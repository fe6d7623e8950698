import type { DataConnectionId, MediaConnectionId, PeerToken } from "../ids.ts";
import type { SignalingErrorMessage } from "./signalingMessages.ts";

/** Part of every peer event in captures of the official gateway, although its reference lists them for OPEN only. */
export interface PeerParams {
  peer_id: string;
  token: PeerToken;
}

/** Events as sent to programs. */
export type PeerEvent = { params: PeerParams } & (
  | { event: "OPEN" | "CLOSE" }
  | { event: "CALL"; call_params: { media_connection_id: MediaConnectionId } }
  | { event: "CONNECTION"; data_params: { data_connection_id: DataConnectionId } }
  | { event: "EXPIRESIN"; remainingSec: number }
  | { event: "ERROR"; error_message: PeerErrorMessage }
);

export type PeerErrorMessage = "INVALID_ID" | "INVALID_KEY" | "UNAVAILABLE_ID" | "SERVER_ERROR" | "SOCKET_ERROR";

const MESSAGES: Readonly<Record<string, PeerErrorMessage>> = {
  "invalid-id": "INVALID_ID",
  "invalid-key": "INVALID_KEY",
  "unavailable-id": "UNAVAILABLE_ID",
  "socket-error": "SOCKET_ERROR",
};

export function peerErrorMessage({ type }: SignalingErrorMessage): PeerErrorMessage {
  return MESSAGES[type] ?? "SERVER_ERROR";
}
