import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { CallBook } from "../archive/calls/callBook.ts";
import { viewOf } from "../archive/calls/view.ts";
import { Library } from "../archive/library/library.ts";
import { Paths } from "../archive/library/paths.ts";
import type { Jobs } from "../follow-up/jobs/jobs.ts";
import { Uploads } from "../follow-up/upload/uploads.ts";
import { type CallId, type MediaConnectionId, newCallId, newLegId, type PeerId, recorderIdOf } from "../ids.ts";
import { Access } from "../outside/access/access.ts";
import { TrustedProxies } from "../outside/access/trustedProxies.ts";
import type { DescribedRoute } from "../outside/api/openapi.ts";
import { createApi } from "../outside/api/server.ts";
import { Endpoint } from "../outside/webhooks/endpoint.ts";
import { Outbox } from "../outside/webhooks/outbox.ts";
import { WebhookMetrics } from "../outside/webhooks/webhookMetrics.ts";
import { Webhooks } from "../outside/webhooks/webhooks.ts";
import { Dialler } from "../recording/legs/dialler.ts";
import { RunningLegs } from "../recording/legs/runningLegs.ts";
import { FakeGateway } from "./fakeGateway.ts";
import { FakeRecorders } from "./fakeRecorders.ts";
import { ManualClock } from "./manualClock.ts";
import { testJobs } from "./testJobs.ts";
import { testRooms } from "./testLeg.ts";

export const TOKEN = "a-token-of-the-tests-4711";

/** The API on a folder with one finished call; all other parts are fakes. */
export interface TestApi extends AsyncDisposable {
  app: FastifyInstance;
  routes: DescribedRoute[];
  jobs: Jobs;
  clock: ManualClock;
  callId: CallId;
  /** Name of the call's recording. */
  fileName: string;
}

/** @param token null for an open API. */
export async function testApi(token: string | null = TOKEN, trustedProxies: string[] = []): Promise<TestApi> {
  const root = await mkdtemp(join(tmpdir(), "api-"));
  const log = pino({ level: "silent" });
  const clock = new ManualClock("2026-11-23T12:00:00.000Z");
  const library = new Library(new Paths(root), log);
  const [callId, legId] = [newCallId(clock.now()), newLegId(clock.now())];
  const fileName = `${legId}.webm`;
  const now = clock.now().toISOString();
  await mkdir(library.paths.call(callId), { recursive: true });
  await writeFile(library.paths.recording(callId, fileName), "EBML");
  await library.writeManifest({
    version: 1,
    id: callId,
    key: null,
    startedAt: now,
    legs: [
      {
        state: "ready",
        id: legId,
        peerId: "caller",
        metadata: "",
        recorderPeerId: "TestRecorder" as PeerId,
        mediaConnectionId: "mc-1" as MediaConnectionId,
        ringingAt: now,
        recorderId: recorderIdOf(legId, 1),
        codecs: {},
        tracks: [],
        startedAt: now,
        endedAt: now,
        reason: "leave",
        file: { name: fileName, bytes: 4, durationSeconds: 1, streams: [] },
      },
    ],
  });
  const succeed = async () => {};
  const calls = new CallBook(library, clock);
  const metrics = new Registry();
  const webhooks = await Webhooks.start({
    // Nothing listens on this port.
    endpoints: [new Endpoint({ name: "crm", url: "http://127.0.0.1:9/", key: Buffer.alloc(32) })],
    outbox: new Outbox(library.paths.webhooks, log),
    metrics: new WebhookMetrics(metrics),
    ...{ calls, clock, log },
  });
  const { jobs } = testJobs(undefined, { clock });
  const [gateway, recorders] = [new FakeGateway(), new FakeRecorders()];
  const peerId = "TestRecorder" as PeerId;
  const present = { peerId, handle: { peerId, token: "pt-1" } };
  const away = { peerId: "AwayRecorder" as PeerId, handle: undefined };
  const { app, routes } = await createApi({
    access: new Access(token ?? undefined, clock),
    trustedProxies: new TrustedProxies(trustedProxies),
    calls,
    clock,
    library,
    runningLegs: new RunningLegs(),
    dialler: new Dialler([present, away], { ...testRooms(gateway, clock, recorders as never), calls }),
    jobs,
    health: {
      recorders: { mustBeReady: succeed },
      gateways: { trouble: async () => undefined },
      signalingUrl: "http://127.0.0.1:9",
      host: { check: succeed },
      storage: { mustBeWell: succeed },
      peers: [],
    },
    client: { key: "key", recorderPeerId: "TestRecorder" },
    metrics,
    log,
    uploads: new Uploads(undefined, { calls, clock, jobs, log, paths: library.paths, webhooks }),
    webhooks,
  });
  const manifest = await calls.get(callId);
  if (manifest) await webhooks.publish(callId, { type: "call.ready", data: { call: viewOf(manifest) } });
  return {
    app,
    routes,
    jobs,
    clock,
    callId,
    fileName,
    async [Symbol.asyncDispose]() {
      await webhooks.close();
      await app.close();
      await rm(root, { recursive: true });
    },
  };
}
