import { beforeAll, expect, test } from "vitest";
import { run, runOrThrow } from "../bundle/run.ts";
import { API_KEY, IMAGE_TAG, ORIGIN, PROJECT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { expectNothingLeft, PATIENCE_MS, readyCallOf, recordingCallOf } from "./expectations.ts";
import { newPeerId } from "./testBrowser.ts";

const IMAGE = `skyway-call-recorder/whip-client:${IMAGE_TAG}`;
const BUILD_LIMIT_MS = 300_000;
const CALL_MS = 4_000;
const PICTURE = "video/x-raw,width=320,height=240,framerate=15/1";
const RTP = "application/x-rtp,media=video,encoding-name=VP8,payload=96";
/** Only one track, because with two this client sometimes offers only the one that was ready first. */
const VIDEO = `videotestsrc is-live=true ! ${PICTURE} ! vp8enc deadline=1 ! rtpvp8pay pt=96 ! queue ! ${RTP}`;

beforeAll(async () => {
  await runOrThrow("docker", ["build", "--quiet", "--tag", IMAGE, "test/clients"], { limitMs: BUILD_LIMIT_MS });
}, BUILD_LIMIT_MS);

test.each([
  ["that trickles its candidates", []],
  ["that offers all candidates at once", ["--no-trickle"]],
])("a GStreamer WHIP client %s is recorded until it hangs up", async (_, options) => {
  const peerId = newPeerId("gstreamer");
  const container = `${PROJECT}-${peerId}`;
  const url = `${ORIGIN}/whip/${RECORDER_PEER_ID}?id=${peerId}&name=Ada`;
  const client = ["--url", url, "--token", API_KEY, "--video", VIDEO, ...options];
  await runOrThrow("docker", ["run", "--detach", "--network", "host", "--name", container, IMAGE, ...client]);
  try {
    await recordingCallOf(peerId, PATIENCE_MS);
    await new Promise((resolve) => setTimeout(resolve, CALL_MS)); // media flows
    const endedAt = Date.now();
    await runOrThrow("docker", ["stop", container]);

    const { leg } = await readyCallOf(peerId, endedAt, PATIENCE_MS);

    expect(leg.metadata).toMatchObject({ name: "Ada" });
    expect(leg.file?.streams.map(({ kind, codec }) => `${kind} ${codec}`)).toEqual(["video vp8"]);
    expect(leg.file?.streams.find(({ kind }) => kind === "video")).toMatchObject({ width: 320, height: 240 });
    expect(leg.file?.durationSeconds).toBeGreaterThan(CALL_MS / 1000 - 1);
  } catch (error) {
    const { stdout, stderr } = await run("docker", ["logs", container]);
    throw new Error(`the client said ${(stdout + stderr).slice(-3_000)}`, { cause: error });
  } finally {
    await run("docker", ["rm", "--force", container]);
  }
  await expectNothingLeft();
});
