import { fileURLToPath } from "node:url";

const NAME = process.env["TEST_PROJECT_NAME"] ?? "skyway-call-recorder-test";
const FIRST_HTTP_PORT = Number(process.env["TEST_HTTP_PORT"] ?? 18080);
const FIRST_MEDIA_PORT = Number(process.env["TEST_MEDIA_PORT"] ?? 41000);
/** Number of ports per bundle; some tests publish more than one. */
const MEDIA_PORTS = 1000;

/** Each bundle has its own project, ports and volumes, so that it can run beside other bundles on this host. */
export interface Bundle {
  readonly project: string;
  readonly httpPort: number;
  readonly mediaPort: number;
}

const bundle = (at: number): Bundle => ({
  project: at === 0 ? NAME : `${NAME}-${at + 1}`,
  httpPort: FIRST_HTTP_PORT + at,
  mediaPort: FIRST_MEDIA_PORT + at * MEDIA_PORTS,
});

/** One bundle per concurrent test file, see vitest.config.ts. Two concurrent runs need different names and ports. */
const COUNT = Number(process.env["E2E_BUNDLES"] ?? 1);
export const BUNDLES: readonly Bundle[] = Array.from({ length: COUNT }, (_, at) => bundle(at));
/** The bundle of this process; vitest numbers its workers from 1. */
export const BUNDLE = bundle((Number(process.env["VITEST_POOL_ID"] ?? 1) - 1) % COUNT);
export const { project: PROJECT, httpPort: HTTP_PORT, mediaPort: MEDIA_PORT } = BUNDLE;
/** The default key, which is accepted on loopback only. */
export const API_KEY = "00000000-0000-4000-8000-000000000000";
export const RECORDER_PEER_ID = "TestRecorder";

export const ORIGIN = `http://127.0.0.1:${HTTP_PORT}`;
export const SIGNALING = { host: "127.0.0.1", port: HTTP_PORT, key: API_KEY };
/** A separate tag, so that the images of a bundle in use do not change. */
export const IMAGE_TAG = NAME;
export const RECORDER_IMAGE = `skyway-call-recorder/recorder:${IMAGE_TAG}`;
/** With the whole ffmpeg, also to look into recordings. */
export const TRANSCODER_IMAGE = `skyway-call-recorder/transcoder:${IMAGE_TAG}`;
export const RECORDINGS_VOLUME = `${PROJECT}_recordings`;
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
