import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Library } from "../../orchestrator/src/archive/library/library.ts";
import { Paths } from "../../orchestrator/src/archive/library/paths.ts";
import { systemClock } from "../../orchestrator/src/clock.ts";
import { newCallId, newLegId, recorderIdOf } from "../../orchestrator/src/ids.ts";
import { DockerEngine, dockerAt } from "../../orchestrator/src/recording/engine/dockerEngine.ts";
import { USUAL_CODECS } from "../../orchestrator/src/recording/recorders/codecs.ts";
import { type AssemblyOrder, assembleArguments } from "../../orchestrator/src/recording/recorders/commands.ts";
import { Recorders } from "../../orchestrator/src/recording/recorders/recorders.ts";
import type { StartedRecorder } from "../../orchestrator/src/recording/recorders/startedRecorder.ts";
import { BREAKS } from "../../orchestrator/src/testing/engineServer.ts";
import { recorderContainers, removeRecorderContainers } from "../bundle/containers.ts";
import { runOrThrow } from "../bundle/run.ts";
import { RECORDER_IMAGE } from "../bundle/settings.ts";
import { waitFor } from "../bundle/waitFor.ts";
import { BreakingProxy } from "../engine/breakingProxy.ts";

/** A separate project on the same engine, so that the test bundle is not affected. */
const PROJECT = `skyway-call-recorder-engine-${randomUUID().slice(0, 8)}`;
const INTERNAL = `${PROJECT}_recorders`;
const HOLDER = `${PROJECT}-recorder-network`;
const NETWORK = `container:${HOLDER}`;
/** RTP and RTCP of a silent call: an Opus frame of silence (RFC 6716). */
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const UNCHANGED_MS = 1_000;
/** The engine lists the running recorders every two seconds. */
const NOTICED_SECONDS = 5;
const BYE = Buffer.from("80c900010000000181cb000100000001", "hex");

const engine = new DockerEngine(PROJECT);
let volume: string;

beforeAll(async () => {
  await runOrThrow("docker", ["network", "create", "--internal", INTERNAL]);
  const held = ["--network", INTERNAL, RECORDER_IMAGE, "sleep", "infinity"];
  await runOrThrow("docker", ["run", "--detach", "--init", "--name", HOLDER, ...held]);
  volume = await mkdtemp(join(tmpdir(), "recordings-"));
  await mkdir(join(volume, "spool"));
  for (const folder of [volume, join(volume, "spool")]) await chmod(folder, 0o2777); // recorders run as 10001
});
afterAll(async () => {
  await removeRecorderContainers(PROJECT);
  await runOrThrow("docker", ["rm", "--force", HOLDER]);
  await runOrThrow("docker", ["network", "rm", INTERNAL]);
  await rm(volume, { recursive: true });
});

function recorders(maxConcurrentRecorders = 20, on = engine): Recorders {
  const limits = { maxConcurrentRecorders, memoryMebibytes: 256, cpus: 1 };
  const recordings = { type: "bind" as const, source: volume };
  return new Recorders(
    on,
    { project: PROJECT, image: RECORDER_IMAGE, network: NETWORK, recordings, ...limits },
    systemClock,
    {
      leaveOrder: ({ recorderId, ...order }) =>
        writeFile(
          join(volume, "spool", `${recorderId}.order.part`),
          assembleArguments({ recorderId, ...order }).join("\n"),
        ),
      clear: (recorderId) => new Library(new Paths(volume), pino({ level: "silent" })).clearSpool(recorderId),
    },
  );
}

const owner = () => {
  const now = new Date();
  const legId = newLegId(now);
  return { callId: newCallId(now), legId, recorderId: recorderIdOf(legId, 1) };
};
const audioOnly = { audio: USUAL_CODECS.audio };

/** Sends RTP like a gateway, with 20 ms of silence per packet, faster than real time. */
async function sendAudio(recorder: StartedRecorder, seconds: number): Promise<void> {
  const socket = createSocket("udp4");
  for (let n = 0; n < seconds * 50; n += 1) {
    const header = Buffer.from("806f000000000000deadbeef", "hex");
    header.writeUInt16BE(n, 2);
    header.writeUInt32BE(n * 960, 4);
    await new Promise((sent) =>
      socket.send(Buffer.concat([header, SILENCE]), recorder.redirect.audio, recorder.redirect.address, sent),
    );
    if (n % 25 === 0) await delay(5);
  }
  socket.close();
}
async function sendBye(recorder: StartedRecorder): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise((sent) => socket.send(BYE, recorder.redirect.audio, recorder.redirect.address, sent));
  socket.close();
}
function orderFor({ recorderId, callId, legId }: ReturnType<typeof owner>): AssemblyOrder {
  const parts = [{ kind: "audio" as const, recorderId, offsetSeconds: 0, scale: 1 }];
  return {
    ...{ recorderId, callId, legId, parts, title: "Ada", startedAt: new Date() },
    ...{ format: "webm", tracks: "joined", transcode: "none" },
  };
}
async function assembled(rooms: Recorders, its: ReturnType<typeof owner>) {
  return JSON.parse((await rooms.assemble(orderFor(its))).probed ?? "null");
}

/** Waits until a recorder's track stops growing. */
async function allRead(recorderId: string): Promise<void> {
  const path = join(volume, "spool", `${recorderId}.audio.mkv.part`);
  let [size, since] = [0, performance.now()];
  await waitFor("the track stops growing", 20_000, async () => {
    const { size: now } = await stat(path);
    if (now !== size) [size, since] = [now, performance.now()];
    return size > 0 && performance.now() - since > UNCHANGED_MS;
  });
}

describe("a recorder", () => {
  test("records from the moment it is taken until the BYE, and assembles the file itself", async () => {
    const rooms = recorders();
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    expect(rooms.running).toBe(1);
    await sendAudio(recorder, 10);
    await sendBye(recorder);
    await recorder.recorded;
    const { assembly, ...finished } = await recorder.finish(true, orderFor(its));
    expect(finished).toMatchObject({ exitCode: 0 });
    expect(rooms.running).toBe(0);

    const { streams, format } = JSON.parse(assembly?.probed ?? "null");
    expect(streams).toMatchObject([{ codec_name: "opus", nb_read_packets: "500" }]);
    expect(Number(format.duration)).toBeCloseTo(10, 1);
    expect(format.tags).toMatchObject({ LEG_ID: its.legId, CALL_ID: its.callId });
    await rooms.swept();
    expect(await recorderContainers({ project: PROJECT })).toEqual([]);
  });

  test("ignores packets for a lost recorder whose address it reuses", async () => {
    const rooms = recorders();
    const [lost, its] = [owner(), owner()];
    const gone = await rooms.take({ ...lost, codecs: audioOnly });
    const [container] = await engine.list("recorder");
    await engine.kill(container?.id ?? "", "SIGKILL");
    await gone.exit;
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    expect(recorder.redirect.address).toBe(gone.redirect.address);
    await sendAudio(gone, 5); // its loss is detected a second later
    await sendBye(gone);
    await sendAudio(recorder, 2);
    await sendBye(recorder);
    await recorder.recorded;
    const { assembly } = await recorder.finish(true, orderFor(its));

    const { streams, format } = JSON.parse(assembly?.probed ?? "null");
    expect(streams).toMatchObject([{ codec_name: "opus", nb_read_packets: "100" }]);
    expect(Number(format.duration)).toBeCloseTo(2, 1);
    await gone.finish(false);
    await rooms.swept();
  });

  test("that is asked to end assembles the file too, if the assembly order exists", async () => {
    const rooms = recorders();
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    await sendAudio(recorder, 2);
    const { assembly } = await recorder.finish(false, orderFor(its));
    expect(JSON.parse(assembly?.probed ?? "null").streams).toMatchObject([{ nb_read_packets: "100" }]);
  });

  test("that gets no BYE closes its files when it is stopped", async () => {
    const rooms = recorders();
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    await sendAudio(recorder, 2);
    expect(await recorder.finish(false)).toMatchObject({ exitCode: 0, assembly: undefined });
    expect((await assembled(rooms, its)).streams).toMatchObject([{ nb_read_packets: "100" }]);
  });

  test("that is killed keeps everything but the last second", async () => {
    const rooms = recorders();
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    await sendAudio(recorder, 10);
    await allRead(its.recorderId); // it was sent faster than real time
    const [container] = await engine.list("recorder");
    await engine.kill(container?.id ?? "", "SIGKILL");
    expect(await recorder.exit).toBe(137);
    await recorder.finish(false);
    const { format } = await assembled(rooms, its);
    expect(Number(format.duration)).toBeGreaterThan(8.5);
  });

  test("that received nothing has nothing to assemble", async () => {
    const rooms = recorders();
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: USUAL_CODECS });
    expect(await recorder.finish(false, orderFor(its))).toMatchObject({ assembly: { probed: undefined } });
    expect(await assembled(rooms, its)).toBeNull();
  });

  test("is found again by its labels and still records", async () => {
    const its = owner();
    await recorders().take({ ...its, codecs: audioOnly });
    const later = recorders();
    const found = (await later.find()).get(its.recorderId);
    if (!found) throw new Error("the recorder was not found");
    expect(later.running).toBe(1);
    await sendAudio(found, 1);
    await found.finish(false);
    expect((await assembled(later, its)).streams).toMatchObject([{ nb_read_packets: "50" }]);
  });

  test("is refused beyond the limit, and allowed again after another has ended", async () => {
    const rooms = recorders(1);
    const recorder = await rooms.take({ ...owner(), codecs: audioOnly });
    await expect(rooms.take({ ...owner(), codecs: audioOnly })).rejects.toMatchObject({ code: "TOO_MANY_RECORDERS" });
    await recorder.finish(false);
    const next = await rooms.take({ ...owner(), codecs: audioOnly });
    await next.finish(false);
  });

  test("is isolated: no capabilities, no root, only its own network and the volume", async () => {
    const rooms = recorders();
    const recorder = await rooms.take({ ...owner(), codecs: audioOnly });
    const [container] = await engine.list("recorder");
    const { Config, HostConfig, NetworkSettings } = JSON.parse(
      await runOrThrow("docker", ["inspect", "--format", "{{json .}}", container?.id ?? ""]),
    );
    expect(Config.User).toBe("10001:10001");
    expect(HostConfig).toMatchObject({
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      Memory: 256 * 1024 * 1024,
      PidsLimit: 64,
    });
    const holder = (await runOrThrow("docker", ["inspect", "--format", "{{.Id}}", HOLDER])).trim();
    expect(HostConfig.NetworkMode).toBe(`container:${holder}`);
    expect(NetworkSettings.Networks).toEqual({});
    await recorder.finish(false);
  });
});

describe("an error names what is missing on this host", () => {
  test("the image", async () => {
    await expect(engine.require("skyway-call-recorder/nothing:latest", NETWORK)).rejects.toMatchObject({
      code: "IMAGE_MISSING",
    });
  });

  test("the network", async () => {
    await expect(engine.require(RECORDER_IMAGE, "container:no-such-container")).rejects.toMatchObject({
      code: "RECORDER_NETWORK_MISSING",
    });
  });

  test("the engine", async () => {
    const absent = new DockerEngine(PROJECT, dockerAt({ socketPath: join(volume, "no.sock") }));
    await expect(absent.ping()).rejects.toMatchObject({ code: "DOCKER_UNREACHABLE" });
  });
});

const behind = (proxy: BreakingProxy) => recorders(20, new DockerEngine(PROJECT, dockerAt(proxy.address)));

test("a recorder's end is detected although the engine's event stream hangs", async () => {
  await using proxy = await BreakingProxy.open();
  const recorder = await behind(proxy).take({ ...owner(), codecs: audioOnly });
  proxy.break("hang", /^$/); // open requests are no longer answered, without an error
  await sendBye(recorder);
  const began = performance.now();
  expect(await recorder.finish(true)).toMatchObject({ exitCode: 0 });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test.each(BREAKS)(
  "a recorder that is killed while the engine's answers break (%s) is noticed, and its slot is free",
  async (how) => {
    await using proxy = await BreakingProxy.open();
    const rooms = behind(proxy);
    const its = owner();
    const recorder = await rooms.take({ ...its, codecs: audioOnly });
    const asked = proxy.requests.length;
    const over = new AbortController();
    void rooms.watchSlots(systemClock, over.signal);
    proxy.break(how, /wait$|logs$/);
    const [container] = await recorderContainers({ legId: its.legId, project: PROJECT });
    await runOrThrow("docker", ["kill", "--signal", "KILL", container?.ID ?? ""]);
    const began = performance.now();
    await Promise.race([recorder.recorded, recorder.exit]);
    expect(await recorder.exit).toBe(137);
    const seconds = (performance.now() - began) / 1000;
    expect(seconds).toBeLessThan(NOTICED_SECONDS);
    expect(rooms.running).toBe(0);
    const logsAsked = proxy.requests.slice(asked).filter((route) => route.endsWith("/logs")).length;
    expect(logsAsked).toBeLessThan(2 * seconds + 8);
    over.abort();
    proxy.mend();
    await recorder.finish(false);
    await rooms.swept();
  },
);

test("the spool contains only what tests left on purpose", async () => {
  for (const name of await readdir(join(volume, "spool"))) expect(name).toMatch(/^leg_.*\.part$/);
});
