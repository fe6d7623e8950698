import { fileURLToPath } from "node:url";

/** The test bundle: its own project, ports and volumes, next to whatever else runs on this host. */
export const PROJECT = "skyway-call-recorder-test";
export const HTTP_PORT = 18080;
export const MEDIA_PORT = 41000;
/** The default key; it works on loopback only. */
export const API_KEY = "00000000-0000-4000-8000-000000000000";
export const RECORDER_PEER_ID = "TestRecorder";

export const ORIGIN = `http://127.0.0.1:${HTTP_PORT}`;
export const SIGNALING = { host: "127.0.0.1", port: HTTP_PORT, key: API_KEY };
export const RECORDER_IMAGE = "skyway-call-recorder/recorder";
export const RECORDINGS_VOLUME = `${PROJECT}_recordings`;
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
