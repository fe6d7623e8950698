import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { TestGateway } from "../testing/gateway.ts";
import { openPeer, RECEIVE_ONLY, type RecorderPeer } from "../testing/recorderPeer.ts";

/** Published programs delete a connection when they read CLOSE, and stop at any other status than 204. */

let gateway: TestGateway;
let peer: RecorderPeer;

beforeEach(async () => {
  gateway = await TestGateway.open();
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  peer = await openPeer(gateway);
});

const OUTGOING = {
  media: { constraints: RECEIVE_ONLY },
  data: { params: {}, options: { serialization: "NONE" } },
};

describe.each(["media", "data"] as const)("a %s connection", (kind) => {
  const open = async () => {
    const to = { peer_id: peer.id, token: peer.token, target_id: "nobody" };
    const { body } = await gateway.post(`/${kind}/connections`, { ...to, ...OUTGOING[kind] });
    return `/${kind}/connections/${body.params[`${kind}_connection_id`]}`;
  };
  const remove = async (path: string) => (await gateway.request("DELETE", path)).status;
  const nextEvent = async (path: string) => (await gateway.get(`${path}/events`)).body.event;

  test("can be deleted after CLOSE was read, as often as a program does; all else answers 404", async () => {
    const path = await open();
    expect([await nextEvent(path), await nextEvent(path)]).toEqual(["ERROR", "CLOSE"]);
    expect([await remove(path), await remove(path)]).toEqual([204, 204]);
    expect((await gateway.get(`${path}/status`)).status).toBe(404);
    expect((await gateway.get(`${path}/events`)).status).toBe(404);
    const [method, request] = kind === "media" ? ["POST", `${path}/answer`] : ["PUT", path];
    expect((await gateway.request(method ?? "", request ?? "", {})).status).toBe(404);
  });

  test("that a program has deleted can be deleted again when the program reads CLOSE", async () => {
    const path = await open();
    expect(await remove(path)).toBe(204);
    for (let event = ""; event !== "CLOSE"; ) event = await nextEvent(path);
    expect(await remove(path)).toBe(204);
  });

  test("that never existed cannot be deleted", async () => {
    const prefix = kind === "media" ? "mc" : "dc";
    expect(await remove(`/${kind}/connections/${prefix}-4d83b6aa-6bd2-4e2e-b2de-0ad9f1c9f3a5`)).toBe(404);
  });
});
