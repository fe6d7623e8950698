import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Caller } from "../../services/skyway-webrtc-gateway/src/testing/caller.ts";
import { KEY, TestGateway } from "../../services/skyway-webrtc-gateway/src/testing/gateway.ts";
import { UdpReceiver } from "../../services/skyway-webrtc-gateway/src/testing/udpReceiver.ts";
import { waitFor } from "../bundle/waitFor.ts";

const PROGRAM = join(import.meta.dirname, "../programs/recorder.rb");
const PATIENCE_MS = 15_000;
const PAYLOAD_TYPE = 96;

test("a Ruby program like the official samples receives a call and is notified of its end", async () => {
  await using gateway = await TestGateway.open();
  await using video = await UdpReceiver.open();
  await using audio = await UdpReceiver.open();
  const ports = [video, audio].map(({ address }) => String(address.port));
  const ruby = spawn("ruby", [PROGRAM, gateway.origin, KEY, "TestRecorder", ...ports]);
  try {
    let said = "";
    for (const stream of [ruby.stdout, ruby.stderr]) stream.on("data", (chunk) => (said += chunk));
    const exited = once(ruby, "exit");
    const says = (line: RegExp) =>
      waitFor(
        `${line}`,
        PATIENCE_MS,
        async () => line.test(said),
        () => said,
      );

    await says(/^OPEN TestRecorder$/m);
    using caller = await Caller.open(gateway);
    caller.call("TestRecorder");
    caller.sendMedia();
    await says(/^CALL mc-.{36}$/m);
    await says(/^READY\nSTREAM$/m);
    await waitFor("the call's packets", PATIENCE_MS, () => video.packets.length > 20 && audio.packets.length > 20);
    expect(new Set(video.packets.map((packet) => (packet[1] ?? 0) & 0x7f))).toEqual(new Set([PAYLOAD_TYPE]));
    caller.forceClose("TestRecorder");
    await says(/^CLOSE\ndeleted 204$/m);
    expect(await exited).toEqual([0, null]);
  } finally {
    ruby.kill("SIGKILL");
  }
});
