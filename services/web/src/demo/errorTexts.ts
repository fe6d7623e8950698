import { sentence } from "../format.ts";

/** Texts for errors of skyway-js (by `type`) and of the browser (by `name`). */
const TEXTS: Readonly<Record<string, string>> = {
  "peer-unavailable": "Nobody is registered with this id. Is the other window still open?",
  "unavailable-id": "This id is in use in another window.",
  "invalid-key": "The server has a new API key: reload this page.",
  "socket-error": "The connection to the server was lost. Reconnecting; a running call continues.",
  disconnected: "The connection to the server was lost. Wait a moment, or reload this page.",
  InsecureContext: "Browsers allow camera and microphone only on localhost or over HTTPS.",
  NotAllowedError: "Camera and microphone were not allowed. Allow them next to the address bar and try again.",
  NotFoundError: "This device has neither a camera nor a microphone.",
  NotReadableError: "The camera or the microphone is in use by another program. Close that program and try again.",
};

/** An error as a sentence for the user. */
export function explain(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return sentence(String(thrown));
  const { type, name, message } = thrown as { type?: unknown; name?: unknown; message?: unknown };
  return TEXTS[String(type)] ?? TEXTS[String(name)] ?? sentence(message ? String(message) : "something went wrong");
}

/** Whether an error reports that this peer is not registered. */
export function isPeerUnavailable(thrown: unknown, peerId: string): boolean {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { type, message } = thrown as { type?: unknown; message?: unknown };
  return type === "peer-unavailable" && String(message).includes(peerId);
}
