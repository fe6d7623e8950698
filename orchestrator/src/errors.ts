/** Who can fix it: the caller, the operator, the network, or the developers of this program ("internal"). */
export type Fault = "caller" | "operator" | "network" | "internal";

interface ErrorEntry {
  message: string;
  fault: Fault;
  hint: string;
  /** HTTP status if an API request failed. */
  status?: number;
  /** Whether a retry may succeed soon: the engine restarts, the volume is full. */
  isTransient?: true;
}

/** All errors that can appear in the manifest, the API and the log. */
export const ERRORS = {
  CALL_NOT_FOUND: {
    message: "the call does not exist",
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
    message: "not all files of the call could be removed",
    fault: "operator",
    hint: "The message says which files are left, and why. Fix the cause and send the request again.",
    status: 500,
  },
  FILE_NOT_FOUND: {
    message: "the call has no such file",
    fault: "caller",
    hint: "GET /api/calls/{callId} lists the files of the call.",
    status: 404,
  },
  ROUTE_NOT_FOUND: {
    message: "the API has no such route",
    fault: "caller",
    hint: "The README lists the API.",
    status: 404,
  },
  JOB_NOT_FOUND: {
    message: "the job does not exist",
    fault: "caller",
    hint: "List jobs with GET /api/jobs; finished jobs are removed from the list after some days.",
    status: 404,
  },
  JOB_STATE: {
    message: "the job's state does not allow this",
    fault: "caller",
    hint: "A finished job cannot be cancelled. Only a failed or cancelled job can be queued again.",
    status: 409,
  },
  BAD_PARAMETER: {
    message: "a parameter is not valid",
    fault: "caller",
    hint: "The message names the parameter.",
    status: 400,
  },
  PEER_NOT_REGISTERED: {
    message: "the peer to call from is not registered",
    fault: "operator",
    hint: "GET /api/health shows why. Try again in a few seconds.",
    status: 503,
  },
  RANGE_NOT_SATISFIABLE: {
    message: "the requested range begins after the end of the file",
    fault: "caller",
    hint: "Content-Range contains the file size.",
    status: 416,
  },
  LOGIN_NEEDED: {
    message: "this request needs the API token",
    fault: "caller",
    hint: "Send Authorization: Bearer <API_TOKEN>, or log in to the console. API_TOKEN is set in .env.",
    status: 401,
  },
  TOKEN_REFUSED: {
    message: "the API token is wrong",
    fault: "caller",
    hint: "API_TOKEN is set in .env.",
    status: 401,
  },
  TOO_MANY_FAILED_LOGINS: {
    message: "too many wrong tokens came from this address",
    fault: "caller",
    hint: "Use the right token, which always works. Wrong ones are answered late until the time in Retry-After has passed.",
    status: 429,
  },
  FOREIGN_PAGE: {
    message: "the request was sent by a page of another origin",
    fault: "caller",
    hint: "Programs must send Authorization: Bearer <API_TOKEN> and no Origin header.",
    status: 403,
  },
  TOKEN_NOT_SET: {
    message: "API_TOKEN is not set: the API accepts requests to loopback addresses only",
    fault: "operator",
    hint: "Set API_TOKEN in .env.",
    status: 403,
  },
  LINK_REFUSED: {
    message: "the link is not valid for this file, or has expired",
    fault: "caller",
    hint: "Request a new link.",
    status: 403,
  },
  UPLOAD_FAILED: {
    message: "a call could not be uploaded, or the uploaded files differ",
    fault: "operator",
    hint: "The message contains the last output of rclone. The upload is retried for a day; after that, use POST /api/jobs/{jobId}/retry.",
    isTransient: true,
  },
  WEBHOOK_NOT_FOUND: {
    message: "no webhook has this name",
    fault: "caller",
    hint: "GET /api/webhooks lists them.",
    status: 404,
  },
  WEBHOOK_MESSAGE_NOT_FOUND: {
    message: "the message does not exist, or is too old",
    fault: "caller",
    hint: "GET /api/webhooks/messages lists the messages; they are kept for a week.",
    status: 404,
  },
  WEBHOOK_NOT_TAKEN: {
    message: "a receiver did not accept a message",
    fault: "network",
    hint: "It is retried for a day. Messages can only leave the host if compose/webhooks.yml is used.",
    isTransient: true,
  },
  WEBHOOK_DISABLED: {
    message: "the receiver answered 410 (Gone), so its webhook was disabled",
    fault: "operator",
    hint: "Enable it again with POST /api/webhooks/{name}/enable.",
    status: 409,
  },
  INTERNAL: {
    message: "internal error",
    fault: "internal",
    hint: "This is a bug. See the orchestrator's log.",
    status: 500,
  },

  DOCKER_UNREACHABLE: {
    message: "the Docker engine does not answer",
    fault: "operator",
    hint: "Check that the Docker engine is running and /var/run/docker.sock is mounted into docker-guard.",
    isTransient: true,
  },
  DOCKER_FORBIDDEN: {
    message: "the Docker engine refused the request",
    fault: "operator",
    hint: "With docker-guard: its log shows the refused request; RECORDER_IMAGE, TRANSCODER_IMAGE and RECORDER_NETWORK must have the same values there. Without docker-guard: give this user access to the Docker socket.",
  },
  IMAGE_MISSING: {
    message: "an image of this bundle does not exist on this host",
    fault: "operator",
    hint: "Build the images: docker compose build",
  },
  RECORDER_NETWORK_MISSING: {
    message: "the container whose network the recorders share does not run",
    fault: "operator",
    hint: "Start it with docker compose up --detach, and check its name in RECORDER_NETWORK.",
    isTransient: true,
  },
  RECORDER_NOT_STARTED: {
    message: "the recorder's container did not start",
    fault: "operator",
    hint: "Check whether the host is out of memory or disk space. The log contains the engine's error message.",
    isTransient: true,
  },
  RECORDER_NOT_BOUND: {
    message: "the recorder did not open its ports in time",
    fault: "operator",
    hint: "The host may be overloaded: reduce maxConcurrentRecorders.",
  },
  RECORDER_LOST: {
    message: "the recorder ended during the call",
    fault: "internal",
    hint: "The media recorded before that is kept. The log contains the recorder's last output; the kernel log shows whether it ran out of memory.",
  },
  TOO_MANY_RECORDERS: {
    message: "the maximum number of concurrent recordings is reached",
    fault: "operator",
    hint: "Raise maxConcurrentRecorders (MAX_CONCURRENT_RECORDERS), or call again later.",
  },
  STORAGE_UNAVAILABLE: {
    message: "the recordings volume is not writable",
    fault: "operator",
    hint: "Check that RECORDINGS_DIR is mounted, has free space, and is owned by 10001:10001.",
    isTransient: true,
  },
  CPU_SHORT: {
    message: "the host does not have enough CPU for another recording",
    fault: "operator",
    hint: "New calls are accepted automatically when the load drops. Reduce maxConcurrentRecorders or add CPU cores. The limit is host.maximumCpuWaitMilliseconds.",
    isTransient: true,
  },
  MEMORY_SHORT: {
    message: "the host does not have enough memory for another recording",
    fault: "operator",
    hint: "New calls are accepted automatically when memory is free. Reduce maxConcurrentRecorders or add memory. The limit is host.minimumAvailableMebibytes.",
    isTransient: true,
  },
  STORAGE_FULL: {
    message: "the recordings volume does not have enough free space",
    fault: "operator",
    hint: "Move recordings away or enlarge the volume. New calls are then accepted automatically. The limit is storage.minimumFreeMebibytes.",
    isTransient: true,
  },
  TOO_MANY_FROM_PEER: {
    message: "the maximum number of concurrent recordings of this peer is reached",
    fault: "caller",
    hint: "End other calls of this peer first, or raise maxConcurrentPerPeer.",
  },
  TOO_MANY_IN_CALL: {
    message: "the maximum number of concurrent recordings in this call is reached",
    fault: "caller",
    hint: "Raise maxConcurrentPerCall.",
  },
  NO_COMMON_CODEC: {
    message: "the caller offers no codec that the recorder is configured to record",
    fault: "caller",
    hint: "Add the codec to video.codecs or audio.codecs, or change the page so that it offers one of these codecs.",
  },
  ANSWER_REFUSED: {
    message: "the gateway refused the answer",
    fault: "network",
    hint: "The caller may already have hung up.",
  },
  NOT_CONNECTED: {
    message: "the caller's media never reached the gateway",
    fault: "network",
    hint: "Open UDP MEDIA_PORT in the firewall, and set ANNOUNCED_IP to the address at which callers reach this host.",
  },
  CALL_REFUSED: {
    message: "the gateway refused to make the call",
    fault: "internal",
    hint: "The message contains the gateway's answer.",
  },
  PEER_NOT_THERE: {
    message: "no peer is registered with the peer id that was called",
    fault: "caller",
    hint: "Check that the page is open, uses the same API key, and that the peer id is correct.",
  },
  NO_ANSWER: {
    message: "the called peer did not answer in time",
    fault: "caller",
    hint: 'Check that its page answers calls: peer.on("call", (call) => call.answer(stream)).',
  },
  CALL_DECLINED: {
    message: "the called peer hung up before any media arrived",
    fault: "caller",
    hint: "Its page declined the call, was closed, or answered without a stream.",
  },
  NO_MEDIA: {
    message: "the call ended before any media arrived",
    fault: "caller",
    hint: "Check that the page sends a stream. A WHIP client whose offer was refused (422) sends none: its answer says why.",
  },
  MEDIA_UNREADABLE: {
    message: "media arrived that cannot be recorded, or cannot be decoded",
    fault: "caller",
    hint: "The page probably encrypts its media end to end (RTCRtpScriptTransform, createEncodedStreams), which cannot be recorded, or sends a form of the codec that ffmpeg cannot read. A call that ends within its first second may also have sent no whole keyframe yet.",
  },
  MEDIA_INCOMPLETE: {
    message: "the file lacks all, or nearly all, of a kind of media that arrived",
    fault: "caller",
    hint: "The file contains the rest. The page probably encrypts the missing media end to end (an insertable-streams transform), or sends a form of the codec that ffmpeg cannot read, or sent no whole keyframe. The log contains the recorder's last output.",
  },
  NOT_ASSEMBLED: {
    message: "the recorded tracks could not be joined",
    fault: "internal",
    hint: "The tracks stay in the spool. The orchestrator tries again at its next start.",
  },
  NOT_VERIFIED: {
    message: "the recording failed verification",
    fault: "internal",
    hint: "The tracks stay in the spool. The orchestrator tries again at its next start.",
  },
  JOB_FAILED: {
    message: "the job's container ended with an error",
    fault: "internal",
    hint: "The message contains its last output. Exit code 137 means that it was killed: jobs.memoryMebibytes may be too low.",
    isTransient: true,
  },
  JOB_TOO_LONG: {
    message: "the job took longer than its time limit, and was ended",
    fault: "internal",
    hint: "The limit follows from the length of the call. A host that is busy for hours may need fewer calls, or more jobs.cpus. POST /api/jobs/{jobId}/retry starts it again.",
  },
  ENDED_EARLY: {
    message: "the leg was ended before it was answered",
    fault: "caller",
    hint: "It was stopped through the API, or the orchestrator was shutting down.",
  },
  INTERRUPTED: {
    message: "the orchestrator was restarted before it answered, and the call no longer rings",
    fault: "internal",
    hint: "The caller has to call again.",
  },
  GATEWAY_UNREACHABLE: {
    message: "the gateway does not answer",
    fault: "operator",
    hint: "See docker compose logs skyway-webrtc-gateway.",
  },
  PEER_REFUSED: {
    message: "the gateway could not register this peer id",
    fault: "operator",
    hint: "Check whether another client uses this id, and whether the signalling server knows the API key. Registration is retried automatically.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code. Manifest, API and log show the same code, message and hint. */
export class RecorderError extends Error {
  readonly code: ErrorCode;

  /** @param detail details of this case, appended to the message of the table. */
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

  /** Whether a retry may succeed soon. */
  get isTransient(): boolean {
    return entryOf(this.code).isTransient ?? false;
  }
}

function entryOf(code: ErrorCode): ErrorEntry {
  return ERRORS[code];
}

/** Converts anything thrown into an error of the table; INTERNAL if it has no code. */
export function asRecorderError(thrown: unknown): RecorderError {
  if (thrown instanceof RecorderError) return thrown;
  return new RecorderError("INTERNAL", thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
