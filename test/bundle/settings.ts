import { fileURLToPath } from "node:url";

/**
 * The test bundle: its own project, ports, images and volumes, next to whatever else runs on this host. Two runs at
 * once need different names and ports.
 */
export const PROJECT = process.env["TEST_PROJECT_NAME"] ?? "skyway-call-recorder-test";
export const HTTP_PORT = Number(process.env["TEST_HTTP_PORT"] ?? 18080);
export const MEDIA_PORT = Number(process.env["TEST_MEDIA_PORT"] ?? 41000);
/** The default key; it works on loopback only. */
export const API_KEY = "00000000-0000-4000-8000-000000000000";
export const RECORDER_PEER_ID = "TestRecorder";

export const ORIGIN = `http://127.0.0.1:${HTTP_PORT}`;
export const SIGNALING = { host: "127.0.0.1", port: HTTP_PORT, key: API_KEY };
/** Images of its own: those of a bundle that is in use stay what they are. */
export const IMAGE_TAG = PROJECT;
export const RECORDER_IMAGE = `skyway-call-recorder/recorder:${IMAGE_TAG}`;
export const RECORDINGS_VOLUME = `${PROJECT}_recordings`;
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
