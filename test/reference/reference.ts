/** The names in the official REST reference (api-0.4.3.yaml). The official gateway supports nothing else. */

/** The fields of an object; `true` allows any content. */
export type Fields = true | { [name: string]: Fields };

interface Operation {
  method: string;
  /** Matches the path without its query. */
  path: RegExp;
  takes?: Fields;
  answers: Fields;
}

const address: Fields = { ip_v4: true, ip_v6: true, port: true };
const redirects: Fields = { video: address, video_rtcp: address, audio: address, audio_rtcp: address };
const media: Fields = {
  ...{ band_width: true, codec: true, media_id: true, rtcp_id: true, payload_type: true, sampling_rate: true },
};
const constraints: Fields = {
  ...{ video: true, videoReceiveEnabled: true, audio: true, audioReceiveEnabled: true },
  ...{ video_params: media, audio_params: media, metadata: true },
};
const event: Fields = { event: true, error_message: true };
const peerEvent: Fields = {
  ...event,
  params: { peer_id: true, token: true },
  call_params: { media_connection_id: true },
  data_params: { data_connection_id: true },
  remainingSec: true,
};
const peer = "/peers/[^/]+";
const call = "/media/connections/mc-[^/]+";
const data = "/data/connections/dc-[^/]+";

const one = (method: string, path: string, answers: Fields, takes?: Fields): Operation => ({
  ...{ method, path: new RegExp(`^${path}$`), answers },
  ...(takes && { takes }),
});

const OPERATIONS: readonly Operation[] = [
  one("POST", "/peers", { command_type: true, params: { peer_id: true, token: true } }, true),
  one("DELETE", peer, {}),
  one("PUT", `${peer}/credential`, true, true),
  one("GET", `${peer}/events`, peerEvent),
  one("GET", `${peer}/status`, { peer_id: true, disconnected: true }),
  one("POST", "/data", { data_id: true, ...address }, true),
  one("DELETE", "/data/da-[^/]+", {}),
  one("POST", "/data/connections", true, true),
  one("DELETE", data, {}),
  one("PUT", data, { command_type: true, data_id: true }, { feed_params: true, redirect_params: true }),
  one("GET", `${data}/events`, event),
  one("GET", `${data}/status`, true),
  one("POST", "/media", { media_id: true, ...address }, { is_video: true }),
  one("DELETE", "/media/(vi|au)-[^/]+", {}),
  one("POST", "/media/rtcp", { rtcp_id: true, ...address }, true),
  one("DELETE", "/media/rtcp/rc-[^/]+", {}),
  one(
    "POST",
    "/media/connections",
    { command_type: true, params: { media_connection_id: true } },
    { peer_id: true, token: true, target_id: true, constraints, redirect_params: redirects },
  ),
  one("DELETE", call, {}),
  one("POST", `${call}/answer`, true, { constraints, redirect_params: redirects }),
  one("POST", `${call}/pli`, {}, address),
  one("GET", `${call}/events`, { ...event, stream_options: true, close_options: true }),
  one("GET", `${call}/status`, { metadata: true, open: true, remote_id: true }),
];

export function operationOf(method: string, path: string): Operation | undefined {
  return OPERATIONS.find((operation) => operation.method === method && operation.path.test(path));
}

/** The part of a value that is in the reference. */
export function known(fields: Fields, value: unknown): unknown {
  if (fields === true || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const below = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return below === undefined ? [] : [[name, known(below, inner)]];
    }),
  );
}
