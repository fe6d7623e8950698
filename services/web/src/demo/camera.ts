const VIDEO: MediaTrackConstraints = { width: 640, height: 480, frameRate: 30 };
/** In order of preference; the next is tried if the device has no camera or no microphone. */
const ATTEMPTS: readonly { constraints: MediaStreamConstraints; note?: string }[] = [
  { constraints: { audio: true, video: VIDEO } },
  { constraints: { audio: true }, note: "No camera was found: others can hear you, but not see you." },
  { constraints: { video: VIDEO }, note: "No microphone was found: others can see you, but not hear you." },
];

export interface Camera {
  stream: MediaStream;
  /** A text about a missing device. */
  note: string | undefined;
}

/**
 * Opens camera and microphone, or the one that exists.
 *
 * @throws an error that explain() has a text for.
 */
export async function openCamera(devices: Pick<MediaDevices, "getUserMedia"> | undefined): Promise<Camera> {
  // Browsers have no mediaDevices on pages that are neither on localhost nor on HTTPS.
  if (!devices) throw Object.assign(new Error("the page is not secure"), { name: "InsecureContext" });
  let missing: unknown;
  for (const { constraints, note } of ATTEMPTS) {
    try {
      return { stream: await devices.getUserMedia(constraints), note };
    } catch (error) {
      if (!(error instanceof Error && error.name === "NotFoundError")) throw error;
      missing = error;
    }
  }
  throw missing;
}
