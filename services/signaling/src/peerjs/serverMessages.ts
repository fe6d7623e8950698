import { ERRORS } from "../errors.ts";
import type { ServerMessage } from "../messages.ts";

/** What PeerJS reads. */
export interface PeerJsMessage {
  type: string;
  src?: string;
  dst?: string;
  payload?: object;
}

/** What both clients mean, by the name that skyway-js has for it. */
const PEERJS_SERIALIZATION: Readonly<Record<string, string>> = { none: "raw" };

/**
 * Says to PeerJS what signalling says.
 *
 * @returns undefined for what PeerJS has no word for.
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
        // PeerJS constructs the connection by this name and throws where it knows none.
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
  // On ERROR PeerJS ends the peer with all its calls: a single message that is not understood is not worth that.
  const isFatal = Object.values(ERRORS).some((error) => error.type === type && error.closes);
  return isFatal ? { type: "ERROR", payload: { msg: message } } : undefined;
}
