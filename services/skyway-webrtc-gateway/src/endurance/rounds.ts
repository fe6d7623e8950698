import { waitFor } from "@skyway-call-recorder/process/testing/waitFor.ts";
import { Caller } from "../testing/caller.ts";
import { KEY } from "../testing/gateway.ts";
import { RECEIVE_ONLY } from "../testing/recorderPeer.ts";
import type { MeasuredGateway } from "./measuredGateway.ts";

const WORKERS = 4;

/**
 * Creates one of each resource and deletes it again: a peer, ports, a call that sends from them, a data connection.
 *
 * @throws Error with the first response that differs from the reference.
 */
export async function createAndDelete(gateway: MeasuredGateway, rounds: number): Promise<void> {
  using silent = new Caller(gateway.signalingOrigin, "silent");
  await silent.receives("OPEN");
  // It would collect all events.
  silent.socket.offAny();
  let begun = 0;
  const worker = async (name: string) => {
    while (begun < rounds) {
      begun += 1;
      await round(gateway, name);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => worker(`worker-${index}`)));
  await waitFor("the end of all calls", async () => (await gateway.get("/health")).body.calls === 0);
}

async function round(gateway: MeasuredGateway, peer_id: string): Promise<void> {
  const make = async (path: string, body: object) => {
    const { status, body: made } = await gateway.post(path, body);
    if (status !== 201 && status !== 202) throw new Error(`POST ${path} returned ${JSON.stringify(made)}`);
    return { ...made, ...made.params };
  };
  const remove = async (path: string, expected = 204) => {
    const { status, body } = await gateway.request("DELETE", path);
    if (status !== expected) throw new Error(`DELETE ${path} returned ${status} ${JSON.stringify(body)}`);
  };
  const { token } = await make("/peers", { key: KEY, domain: "localhost", peer_id });
  const { media_id } = await make("/media", { is_video: true });
  const { rtcp_id } = await make("/media/rtcp", {});
  const { data_id } = await make("/data", {});
  const unused = await make("/data", {});
  const to = { peer_id, token, target_id: "silent" };
  const video_params = { band_width: 0, codec: "VP8", media_id, rtcp_id };
  const call = await make("/media/connections", { ...to, constraints: { ...RECEIVE_ONLY, video: true, video_params } });
  await make("/data/connections", { ...to, params: { data_id } });
  await remove(`/media/${media_id}`, 403);
  await remove(`/media/connections/${call.media_connection_id}`);
  await remove(`/media/${media_id}`, 404); // closed with the last connection that used it
  await remove(`/data/${data_id}`, 403);
  await remove(`/peers/${peer_id}?token=${token}`); // together with its connection
  await remove(`/data/${data_id}`, 404);
  await remove(`/media/rtcp/${rtcp_id}`, 404);
  await remove(`/data/${unused.data_id}`); // not used by a connection, and therefore still open
}
