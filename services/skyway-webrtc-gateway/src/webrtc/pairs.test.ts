import { afterEach, describe, expect, it } from "vitest";
import { SimulatedSender, VIDEO } from "../rtp/simulatedSender.ts";
import { cleanUp, recorder, startGateway, timestamps } from "../testing/mediaSessions.ts";
import type { KindWishes, MediaOptions, MediaSession } from "./mediaSession.ts";
import type { MediaSessions } from "./mediaSessions.ts";

afterEach(cleanUp);

const PAIRS = 30;
const ROUNDS = 10;
const BOTH_WAYS: KindWishes = { receive: true, send: true };

describe.each(["the same gateway", "another gateway"])("two sessions, the second of %s", (gateways) => {
  it("stay connected when either of them offers to restart ICE", async () => {
    const [here, there] = await open(gateways);
    const [atCaller, atCalled] = [await recorder(), await recorder()];
    const { caller, called } = await connect(here, there, atCaller.redirects, atCalled.redirects);
    const ends = [
      { from: caller, to: atCalled, camera: new SimulatedSender(VIDEO) },
      { from: called, to: atCaller, camera: new SimulatedSender(VIDEO) },
    ];
    const exchange = async (expected: number) => {
      for (const { from, to, camera } of ends) {
        for (const packet of camera.frame(33, 2)) from.session.send("video", packet);
        await expect.poll(() => new Set(timestamps(to.video.packets)).size).toBe(expected);
      }
    };
    await exchange(1);
    await expect(restart(caller, called)).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    await exchange(2);
    await expect(restart(called, caller)).rejects.toMatchObject({ code: "TRANSPORT_FAILED" });
    await exchange(3);
    expect([...caller.events, ...called.events].filter((event) => event.startsWith("ended"))).toEqual([]);
  });

  it("get every packet that is sent as soon as either of them is ready", async () => {
    const [here, there] = await open(gateways);
    for (let round = 0; round < ROUNDS; round++) {
      const [atCaller, atCalled] = [await recorder(), await recorder()];
      const cameras = [new SimulatedSender(VIDEO), new SimulatedSender(VIDEO)];
      const sendFrame = (session: MediaSession, index: number) => {
        for (const packet of cameras[index]?.frame(33, 5) ?? []) session.send("video", packet);
      };
      await connect(here, there, atCaller.redirects, atCalled.redirects, sendFrame);
      await expect.poll(() => atCalled.video.packets.length).toBe(5);
      await expect.poll(() => atCaller.video.packets.length).toBe(5);
    }
  });

  it(`connect in each of ${PAIRS} calls at once`, async () => {
    const [here, there] = await open(gateways);
    await Promise.all(Array.from({ length: PAIRS }, () => connect(here, there)));
  });
});

async function open(gateways: string): Promise<[MediaSessions, MediaSessions]> {
  const here = await startGateway();
  return [here, gateways === "the same gateway" ? here : await startGateway()];
}

interface End {
  session: MediaSession;
  events: string[];
}

function createEnd(sessions: MediaSessions, onReady: (session: MediaSession) => void): End {
  const events: string[] = [];
  const session: MediaSession = sessions.create({
    onReady: () => {
      events.push("ready");
      onReady(session);
    },
    onStream: (kind) => events.push(kind),
    onAdditional: () => undefined,
    onStalled: () => events.push("stalled"),
    onEnded: (reason) => events.push(`ended ${reason}`),
  });
  return { session, events };
}

async function connect(
  here: MediaSessions,
  there: MediaSessions,
  atCaller = {},
  atCalled = {},
  onReady = (_session: MediaSession, _index: number) => {},
) {
  const options = (redirects: object): MediaOptions => ({ audio: BOTH_WAYS, video: BOTH_WAYS, redirects });
  const caller = createEnd(here, (session) => onReady(session, 0));
  const called = createEnd(there, (session) => onReady(session, 1));
  const offer = await caller.session.call(options(atCaller));
  const candidates = await caller.session.accept(await called.session.answer(offer, options(atCalled)));
  for (const candidate of candidates) called.session.addRemoteCandidate(candidate);
  await expect
    .poll(() => [...caller.events, ...called.events].filter((event) => event === "ready").length, { timeout: 10_000 })
    .toBe(2);
  return { caller, called };
}

/** As when nothing arrives from `to` any more. */
async function restart(from: End, to: End): Promise<void> {
  const answer = await to.session.renegotiate(await from.session.offerRestart());
  for (const candidate of await from.session.acceptRestart(answer)) to.session.addRemoteCandidate(candidate);
}
