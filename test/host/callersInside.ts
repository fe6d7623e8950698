/**
 * Runs inside a host: callers that send video and audio until stdin ends.
 * `node callersInside.ts <how many> <stem of their peer ids> <folder of media>`; prints each connected caller.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Caller } from "../../services/skyway-webrtc-gateway/src/testing/caller.ts";
import { HTTP_PORT, RECORDER_PEER_ID } from "../bundle/settings.ts";
import { vp8Payloads, wholePayload } from "../rtp/payloads.ts";
import { readMedia } from "./media.ts";

const [count = "1", stem = "caller", folder = "."] = process.argv.slice(2);
const LOOK_INTERVAL_MS = 20;
const media = readMedia(JSON.parse(readFileSync(join(folder, "media.json"), "utf8")));
const frames = { video: media.video.map(vp8Payloads), audio: media.audio.map(wholePayload) };

await Promise.all(Array.from({ length: Number(count) }, (_, number) => call(`${stem}-${number}`)));

async function call(peerId: string): Promise<void> {
  const caller = await Caller.open({ signalingOrigin: `http://127.0.0.1:${HTTP_PORT}` }, peerId);
  caller.call(RECORDER_PEER_ID);
  caller.sendMedia(frames);
  while (caller.state !== "connected") {
    if (caller.state === "failed" || caller.state === "closed") throw new Error(`${peerId} is ${caller.state}`);
    await delay(LOOK_INTERVAL_MS);
  }
  process.stdout.write(`${JSON.stringify({ peerId, connectedAt: Date.now() })}\n`);
}

process.stdin.resume().on("end", () => process.exit(0));
