import { ERRORS } from "../errors.ts";
import type { ServerMessage } from "../messages.ts";

/** A message that PeerJS understands. */
export interface PeerJsMessage {
  type: string;
  src?: string;
  dst?: string;
  payload?: object;
}

/** skyway-js names of serializations, mapped to PeerJS names. */
const PEERJS_SERIALIZATION: Readonly<Record<string, string>> = { none: "raw" };

/**
 * Converts a message of signalling to PeerJS' protocol.
 *
 * @returns undefined if PeerJS has no such message.
 */
export function toPeerJs(message: ServerMessage): PeerJsMessage | undefined {
  switch (message.event) {
    case "OPEN":
      return { type: "OPEN" };
    case "ERROR":
      return errorToPeerJs(message.body);
    case "LEAVE":
      return { type: "LEAVE", src: message.body };
    case "OFFER": {
      const { src, dst, connectionId, connectionType = "media", offer, metadata, label, serialization } = message.body;
      const payload = { sdp: offer, type: connectionType, connectionId, metadata };
      if (connectionType !== "data") return { type: "OFFER", src, dst, payload };
      const data = {
        label,
        reliable: message.body.dcInit?.ordered !== false,
        // PeerJS creates the connection by this name and throws if the name is unknown.
        serialization: PEERJS_SERIALIZATION[serialization ?? ""] ?? serialization ?? "binary",
      };
      return { type: "OFFER", src, dst, payload: { ...payload, ...data } };
    }
    case "ANSWER": {
      const { src, dst, connectionId, connectionType, answer } = message.body;
      return { type: "ANSWER", src, dst, payload: { sdp: answer, type: connectionType, connectionId } };
    }
    case "CANDIDATE": {
      const { src, dst, connectionId, connectionType, candidate } = message.body;
      return { type: "CANDIDATE", src, dst, payload: { candidate, type: connectionType, connectionId } };
    }
    case "FORCE_CLOSE":
    case "AUTH_EXPIRES_IN":
      return undefined;
  }
}

function errorToPeerJs({ type, message, dst }: { type: string; message: string; dst?: string }) {
  if (type === ERRORS.UNAVAILABLE_ID.type) return { type: "ID-TAKEN", payload: { msg: message } };
  if (type === ERRORS.INVALID_KEY.type) return { type: "INVALID-KEY", payload: { msg: message } };
  if (type === ERRORS.PEER_UNAVAILABLE.type) return dst === undefined ? undefined : { type: "EXPIRE", src: dst };
  // On ERROR, PeerJS ends the peer and all its calls. A single invalid message must not cause that.
  const isFatal = Object.values(ERRORS).some((error) => error.type === type && error.closes);
  return isFatal ? { type: "ERROR", payload: { msg: message } } : undefined;
}
