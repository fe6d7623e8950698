/** What a person can do about what skyway-js or the browser reports. */
const WORDS: Readonly<Record<string, string>> = {
  "peer-unavailable": "Nobody is there under this id. Is the other window still open?",
  "unavailable-id": "This id is in use in another window.",
  "invalid-key": "The API key is not known here. The server's SKYWAY_API_KEY has changed: reload the page.",
  "socket-error": "The connection to the server is gone. It is tried again.",
  NotAllowedError: "Camera and microphone were not allowed. Allow them in the address bar and try again.",
  NotFoundError: "No camera or microphone was found.",
  NotReadableError: "The camera or microphone is in use by another program.",
};

export function explain(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  const { type, name, message } = thrown as { type?: unknown; name?: unknown; message?: unknown };
  return WORDS[String(type)] ?? WORDS[String(name)] ?? (message ? String(message) : "Something went wrong.");
}
