/** Whose move it is: the caller's, the operator's, the network's, or ours. */
export type Fault = "caller" | "operator" | "network" | "ours";

interface ErrorEntry {
  message: string;
  fault: Fault;
  hint: string;
  /** HTTP status where an API request is what failed. */
  status?: number;
  /** Whether the same may succeed in a moment: an engine that restarts, a volume that is full. */
  isTransient?: true;
}

/** Every failure that the manifest, the API and the log can show. */
export const ERRORS = {
  CALL_NOT_FOUND: {
    message: "there is no such call",
    fault: "caller",
    hint: "List calls with GET /api/calls.",
    status: 404,
  },
  CALL_GOES_ON: {
    message: "this call is still being recorded",
    fault: "caller",
    hint: "Stop it first: POST /api/calls/{callId}/stop.",
    status: 409,
  },
  NOT_ALL_REMOVED: {
    message: "not all of this call could be removed",
    fault: "operator",
    hint: "The message says what is left, and why. Ask again when that is mended.",
    status: 500,
  },
  FILE_NOT_FOUND: {
    message: "this call has no such file",
    fault: "caller",
    hint: "The call lists its files.",
    status: 404,
  },
  ROUTE_NOT_FOUND: {
    message: "there is nothing here",
    fault: "caller",
    hint: "The README lists the API.",
    status: 404,
  },
  JOB_NOT_FOUND: {
    message: "there is no such job",
    fault: "caller",
    hint: "List jobs with GET /api/jobs; those that are over are forgotten after some days.",
    status: 404,
  },
  JOB_STATE: {
    message: "the job's state does not allow this",
    fault: "caller",
    hint: "A job that is over cannot be cancelled, and only one that failed or was cancelled can be queued again.",
    status: 409,
  },
  BAD_PARAMETER: { message: "a parameter is not valid", fault: "caller", hint: "The message names it.", status: 400 },
  PEER_NOT_REGISTERED: {
    message: "the peer to call from is not registered",
    fault: "operator",
    hint: "GET /api/health says what is wrong with it. Ask again in a moment.",
    status: 503,
  },
  RANGE_NOT_SATISFIABLE: {
    message: "the file ends before this range begins",
    fault: "caller",
    hint: "Content-Range says how long it is.",
    status: 416,
  },
  LOGIN_NEEDED: {
    message: "this needs the API token",
    fault: "caller",
    hint: "Send Authorization: Bearer <API_TOKEN>, or log in on the console. API_TOKEN stands in .env.",
    status: 401,
  },
  TOKEN_REFUSED: {
    message: "this is not the API token",
    fault: "caller",
    hint: "API_TOKEN stands in .env.",
    status: 401,
  },
  TOO_MANY_FAILED_LOGINS: {
    message: "too many wrong tokens came from this address",
    fault: "caller",
    hint: "Retry-After says when the next one is looked at.",
    status: 429,
  },
  FOREIGN_PAGE: {
    message: "a page of another origin sent this",
    fault: "caller",
    hint: "Programs send Authorization: Bearer <API_TOKEN> and no Origin.",
    status: 403,
  },
  TOKEN_NOT_SET: {
    message: "without API_TOKEN the API is open on loopback only, and this request names another host",
    fault: "operator",
    hint: "Set API_TOKEN.",
    status: 403,
  },
  LINK_REFUSED: {
    message: "this link does not open the file",
    fault: "caller",
    hint: "Ask for a new one.",
    status: 403,
  },
  UPLOAD_FAILED: {
    message: "a call could not be uploaded, or what lies there is not the same",
    fault: "operator",
    hint: "The message has rclone's last words. It is tried again for a day, and after that by POST /api/jobs/{jobId}/retry.",
    isTransient: true,
  },
  WEBHOOK_NOT_FOUND: {
    message: "there is no webhook of this name",
    fault: "caller",
    hint: "GET /api/webhooks lists them.",
    status: 404,
  },
  WEBHOOK_MESSAGE_NOT_FOUND: {
    message: "there is no such message, or it is too old",
    fault: "caller",
    hint: "GET /api/webhooks/messages lists them; they are kept for a week.",
    status: 404,
  },
  WEBHOOK_NOT_TAKEN: {
    message: "a receiver did not take a message",
    fault: "network",
    hint: "It is tried again for a day. Without compose/webhooks.yml nothing gets out.",
    isTransient: true,
  },
  WEBHOOK_DISABLED: {
    message: "this receiver has said that it wants nothing any more (410)",
    fault: "operator",
    hint: "POST /api/webhooks/{name}/enable takes it into service again.",
    status: 409,
  },
  INTERNAL: { message: "something went wrong here", fault: "ours", hint: "See the orchestrator's log.", status: 500 },

  DOCKER_UNREACHABLE: {
    message: "the Docker engine does not answer",
    fault: "operator",
    hint: "Is the Docker engine running, and /var/run/docker.sock mounted into docker-guard?",
    isTransient: true,
  },
  DOCKER_FORBIDDEN: {
    message: "the Docker engine does not let this program in",
    fault: "operator",
    hint: "Behind docker-guard: its log says what it refused, and RECORDER_IMAGE and RECORDER_NETWORK have to be the same there. Without it: give this user the right to use the socket.",
  },
  RECORDER_IMAGE_MISSING: {
    message: "the recorder image is not on this host",
    fault: "operator",
    hint: "Build it: docker compose build recorder",
  },
  RECORDER_NETWORK_MISSING: {
    message: "the network of the recorders is not there",
    fault: "operator",
    hint: "docker compose up makes it; RECORDER_NETWORK names it.",
  },
  RECORDER_NOT_STARTED: {
    message: "the recorder's container did not start",
    fault: "operator",
    hint: "Is the engine out of memory or disk? The log has the engine's own words.",
    isTransient: true,
  },
  RECORDER_NOT_BOUND: {
    message: "the recorder did not open its ports in time",
    fault: "operator",
    hint: "The host may be overloaded: lower maxConcurrentRecorders.",
  },
  RECORDER_LOST: {
    message: "the recorder ended while the call went on",
    fault: "ours",
    hint: "What was recorded is kept. The log has its last words; the kernel's says if memory was short.",
  },
  TOO_MANY_RECORDERS: {
    message: "as many legs are being recorded as this host may record",
    fault: "operator",
    hint: "Raise maxConcurrentRecorders (MAX_CONCURRENT_RECORDERS), or call again later.",
  },
  STORAGE_UNAVAILABLE: {
    message: "the recordings volume cannot be written",
    fault: "operator",
    hint: "Is RECORDINGS_DIR mounted, not full, and owned by 10001:10001?",
    isTransient: true,
  },
  CPU_SHORT: {
    message: "this host has too little CPU for one more recording",
    fault: "operator",
    hint: "It takes calls again by itself. Lower maxConcurrentRecorders, or give it more cores; host.maximumCpuWaitMilliseconds is the limit.",
    isTransient: true,
  },
  MEMORY_SHORT: {
    message: "this host has too little memory for one more recording",
    fault: "operator",
    hint: "It takes calls again by itself. Lower maxConcurrentRecorders, or give it more; host.minimumAvailableMebibytes is the limit.",
    isTransient: true,
  },
  STORAGE_FULL: {
    message: "there is too little space left on the recordings volume",
    fault: "operator",
    hint: "Move recordings away or make the volume larger; calls are taken again by themselves. storage.minimumFreeMebibytes says how much has to stay.",
    isTransient: true,
  },
  TOO_MANY_FROM_PEER: {
    message: "this peer has as many legs recorded at once as it may",
    fault: "caller",
    hint: "Hang up the others first, or raise maxConcurrentPerPeer.",
  },
  TOO_MANY_IN_CALL: {
    message: "this call has as many legs recorded at once as it may",
    fault: "caller",
    hint: "Raise maxConcurrentPerCall.",
  },
  NO_COMMON_CODEC: {
    message: "the caller offers no codec that can be recorded",
    fault: "caller",
    hint: "Configure video.codecs and audio.codecs, or let the page offer one of them.",
  },
  ANSWER_REFUSED: {
    message: "the gateway did not take the answer",
    fault: "network",
    hint: "The caller may have hung up already.",
  },
  NOT_CONNECTED: {
    message: "the caller's media never reached the gateway",
    fault: "network",
    hint: "UDP MEDIA_PORT has to be open, and ANNOUNCED_IP the address by which the caller reaches this host.",
  },
  CALL_REFUSED: {
    message: "the gateway did not make the call",
    fault: "ours",
    hint: "The message has its words.",
  },
  PEER_NOT_THERE: {
    message: "nobody is registered under the peer id that was called",
    fault: "caller",
    hint: "Is the page open, with the same API key, and is the peer id right?",
  },
  NO_ANSWER: {
    message: "the peer that was called did not answer in time",
    fault: "caller",
    hint: 'Does its page answer calls: peer.on("call", (call) => call.answer(stream))?',
  },
  CALL_DECLINED: {
    message: "the peer that was called hung up before any media came",
    fault: "caller",
    hint: "Its page declined, or left, or answered with nothing to send.",
  },
  NO_MEDIA: { message: "the call ended before any media came", fault: "caller", hint: "Did the page send a stream?" },
  NOT_ASSEMBLED: {
    message: "the recorded tracks could not be joined",
    fault: "ours",
    hint: "The tracks stay in the spool and are tried again when the orchestrator starts.",
  },
  NOT_VERIFIED: {
    message: "the file did not pass its verification",
    fault: "ours",
    hint: "The tracks stay in the spool and are tried again when the orchestrator starts.",
  },
  JOB_FAILED: {
    message: "the job's container ended with an error",
    fault: "ours",
    hint: "The message has its last words. With exit code 137 it was killed: jobs.memoryMebibytes may be too little.",
    isTransient: true,
  },
  ENDED_EARLY: {
    message: "the leg was ended before it was answered",
    fault: "caller",
    hint: "It was stopped by the API, or the orchestrator was shutting down.",
  },
  INTERRUPTED: {
    message: "the orchestrator was restarted before the call was answered, and it does not ring any more",
    fault: "ours",
    hint: "The caller has to call again.",
  },
  GATEWAY_UNREACHABLE: {
    message: "the gateway does not answer",
    fault: "operator",
    hint: "docker compose logs skyway-webrtc-gateway",
  },
  PEER_REFUSED: {
    message: "the gateway could not register this peer id",
    fault: "operator",
    hint: "Is the id taken by another client, or the API key unknown to signalling?",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a code; what is shown of it is the same in manifest, API and log. */
export class RecorderError extends Error {
  readonly code: ErrorCode;

  /** @param detail what was found in this case, added to the table's message. */
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ? `${ERRORS[code].message}: ${detail}` : ERRORS[code].message, options);
    this.name = "RecorderError";
    this.code = code;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }

  get status(): number {
    return entryOf(this.code).status ?? 500;
  }

  /** Whether to try again in a moment. */
  get isTransient(): boolean {
    return entryOf(this.code).isTransient ?? false;
  }
}

function entryOf(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** Anything thrown as an error of the table; what has no code is ours. */
export function asRecorderError(thrown: unknown): RecorderError {
  if (thrown instanceof RecorderError) return thrown;
  return new RecorderError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
