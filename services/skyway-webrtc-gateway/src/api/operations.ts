/** All operations of the API: those in api-0.4.3.yaml, and our extensions. */

type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Operation {
  method: Method;
  path: string;
  /** The operation's name in response bodies, also in errors. */
  commandType: string;
}

const operation = (method: Method, path: string, commandType: string): Operation => ({ method, path, commandType });

const PEER = "/peers/:peer_id";
const DATA = "/data/connections/:data_connection_id";
const MEDIA = "/media/connections/:media_connection_id";

export const OPERATIONS = {
  createPeer: operation("POST", "/peers", "PEERS_CREATE"),
  deletePeer: operation("DELETE", PEER, "PEERS_DELETE"),
  updateCredential: operation("PUT", `${PEER}/credential`, "PEERS_CREDENTIAL_UPDATE"),
  peerEvents: operation("GET", `${PEER}/events`, "PEERS_EVENTS"),
  peerStatus: operation("GET", `${PEER}/status`, "PEERS_STATUS"),

  createData: operation("POST", "/data", "DATA_CREATE"),
  deleteData: operation("DELETE", "/data/:data_id", "DATA_DELETE"),
  connectData: operation("POST", "/data/connections", "DATA_CONNECTION_CREATE"),
  deleteDataConnection: operation("DELETE", DATA, "DATA_CONNECTION_DELETE"),
  putDataConnection: operation("PUT", DATA, "DATA_CONNECTION_PUT"),
  dataEvents: operation("GET", `${DATA}/events`, "DATA_CONNECTION_EVENTS"),
  dataStatus: operation("GET", `${DATA}/status`, "DATA_CONNECTION_STATUS"),

  createMedia: operation("POST", "/media", "MEDIA_CREATE"),
  deleteMedia: operation("DELETE", "/media/:media_id", "MEDIA_DELETE"),
  createRtcp: operation("POST", "/media/rtcp", "RTCP_CREATE"),
  deleteRtcp: operation("DELETE", "/media/rtcp/:rtcp_id", "RTCP_DELETE"),
  callPeer: operation("POST", "/media/connections", "MEDIA_CONNECTION_CREATE"),
  deleteMediaConnection: operation("DELETE", MEDIA, "MEDIA_CONNECTION_DELETE"),
  answerCall: operation("POST", `${MEDIA}/answer`, "MEDIA_CONNECTION_ANSWER"),
  requestKeyframe: operation("POST", `${MEDIA}/pli`, "MEDIA_CONNECTION_PLI"),
  mediaEvents: operation("GET", `${MEDIA}/events`, "MEDIA_CONNECTION_EVENTS"),
  mediaStatus: operation("GET", `${MEDIA}/status`, "MEDIA_CONNECTION_STATUS"),

  /** Extension: codecs, clock and counters of a call's tracks. */
  mediaTracks: operation("GET", `${MEDIA}/tracks`, "MEDIA_CONNECTION_TRACKS"),
  /** Extension: another recorder takes over a call. */
  redirectMedia: operation("PUT", `${MEDIA}/redirects`, "MEDIA_CONNECTION_REDIRECTS"),
  /** Extension: the host port published for this gateway's media. */
  putPublishedPort: operation("PUT", "/media/published_port", "MEDIA_PUBLISHED_PORT"),
  /** Extension. */
  health: operation("GET", "/health", "HEALTH"),
} as const;

export type OperationName = keyof typeof OPERATIONS;

export const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"] as const;

/** The command type for the error body when the router could not parse the path. Parameters match any text. */
export function commandTypeOf(method: string, path: string): string | undefined {
  const parts = path.split("/");
  const isPath = ({ path }: Operation) => {
    const names = path.split("/");
    return names.length === parts.length && names.every((name, at) => name.startsWith(":") || name === parts[at]);
  };
  const found = Object.values(OPERATIONS).filter(isPath);
  return (found.find((one) => one.method === method) ?? found[0])?.commandType;
}

/** Each path once, with its methods. */
export function pathsAndMethods(): Map<string, { commandType: string; methods: Method[] }> {
  const paths = new Map<string, { commandType: string; methods: Method[] }>();
  for (const { method, path, commandType } of Object.values(OPERATIONS)) {
    const known = paths.get(path);
    if (known) known.methods.push(method);
    else paths.set(path, { commandType, methods: [method] });
  }
  return paths;
}
