import { sentence } from "../format.ts";

/** What a person can do about what skyway-js (by `type`) or the browser (by `name`) reports. */
const WORDS: Readonly<Record<string, string>> = {
  "peer-unavailable": "Nobody is there under this id. Is the other window still open?",
  "unavailable-id": "This id is in use in another window.",
  "invalid-key": "The server has a new API key: reload this page.",
  "socket-error": "The connection to the server is gone. It is tried again; a call that runs goes on.",
  disconnected: "The connection to the server is gone. Wait a moment, or reload this page.",
  InsecureContext: "Browsers give camera and microphone only to pages from localhost or over HTTPS.",
  NotAllowedError: "Camera and microphone were not allowed. Allow them beside the address and try again.",
  NotFoundError: "This machine has neither a camera nor a microphone.",
  NotReadableError: "Camera or microphone are in use by another program. Close it and try again.",
};

/** An error as a sentence for who called. */
export function explain(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return sentence(String(thrown));
  const { type, name, message } = thrown as { type?: unknown; name?: unknown; message?: unknown };
  return WORDS[String(type)] ?? WORDS[String(name)] ?? sentence(message ? String(message) : "something went wrong");
}

/** Whether signalling means the recorder when it says that somebody is not there. */
export function isAbout(thrown: unknown, peerId: string): boolean {
  if (typeof thrown !== "object" || thrown === null) return false;
  const { type, message } = thrown as { type?: unknown; message?: unknown };
  return type === "peer-unavailable" && String(message).includes(peerId);
}
